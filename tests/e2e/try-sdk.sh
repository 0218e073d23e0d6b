# shellcheck shell=bash
# What a user would try first in a finished SDK; run inside it by embedded-quick.test.ts.
set -euo pipefail

emerge --info
cd "$(mktemp -d)"
cat >program.c <<'END'
#include <stdio.h>
int main(void) { puts(NAME " C"); return 0; }
END
cat >program.cc <<'END'
#include <iostream>
#include <stdexcept>
#include <thread>
int main() {
	int value = 0;
	std::thread other([&value] { value = 41; });
	other.join();
	try { throw std::runtime_error("thrown"); } catch (const std::exception &) { ++value; }
	std::cout << NAME << " C++ " << value << std::endl;
}
END
gcc -O2 -DNAME='"native"' program.c -o c && ./c
g++ -O2 -pthread -DNAME='"native"' program.cc -o cc && ./cc
x86_64-cros-linux-gnu-gcc -O2 -DNAME='"x86 cross"' program.c -o c && ./c
x86_64-cros-linux-gnu-g++ -O2 -pthread -DNAME='"x86 cross"' program.cc -o cc && ./cc
aarch64-cros-linux-gnu-gcc -O2 -DNAME='"ARM cross"' program.c -o c
aarch64-cros-linux-gnu-g++ -O2 -pthread -DNAME='"ARM cross"' program.cc -o cc
echo 'begin arm-c' && base64 c && echo 'end arm-c'
echo 'begin arm-c++' && base64 cc && echo 'end arm-c++'
