#!/bin/bash
# Small tests of compilers, binutils and C library themselves, in the SDK that it runs in.
# Usage: tools.sh TUPLE...
set -Eeuo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=tests/toolchains/lib.sh
source "$here/lib.sh"

headers_cxx=(
  algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
  cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
  cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream functional future
  initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new
  numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location
  span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tuple
  type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
)
# Those that C++17 has not, and that say so instead of being empty there.
headers_cxx20=(barrier coroutine format latch semaphore stop_token syncstream)
headers_c=(
  assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool
  stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
)
headers_posix=(
  aio arpa/inet dirent dlfcn elf execinfo fcntl fnmatch ftw getopt glob grp iconv ifaddrs langinfo libgen link linux/fs
  linux/futex linux/input linux/io_uring linux/netlink linux/version malloc mntent mqueue net/if netdb netinet/in netinet/tcp
  nl_types poll pthread pty pwd regex resolv sched search semaphore shadow spawn strings sys/auxv sys/epoll sys/eventfd
  sys/inotify sys/ioctl sys/mman sys/mount sys/prctl sys/ptrace sys/random sys/resource sys/select sys/sendfile sys/signalfd
  sys/socket sys/stat sys/statvfs sys/syscall sys/sysinfo sys/time sys/timerfd sys/types sys/uio sys/un sys/utsname sys/wait
  sys/xattr syslog termios ucontext unistd utime utmpx wordexp
)

# Usage: header COMPILER STANDARD NAME; by itself, without a warning outside of system headers
header() {
  local language=c
  if [[ $1 == *++ ]]; then language=c++; fi
  printf '#include <%s>\nint main(void) { return 0; }\n' "$3" | sed "$([[ $language == c ]] || echo 's/(void)/()/')" |
    "$1" "-std=$2" -Wall -Werror -Wno-deprecated -Wno-cpp -fsyntax-only -x "$language" -
}

# Usage: each_header COMPILER STANDARD NAME...
each_header() {
  local name missing=()
  for name in "${@:3}"; do
    header "$1" "$2" "$name" || missing+=("$name")
  done
  echo "cannot be compiled: ${missing[*]}"
  ((${#missing[@]} == 0))
}

# Usage: all_headers COMPILER STANDARD NAME...; in one file
all_headers() {
  printf '#include <%s>\n' "${@:3}" | "$1" "-std=$2" -Wno-deprecated -Wno-cpp -fsyntax-only -x c++ -
}

# The headers that belong to the compiler, with what they promise.
intrinsics() {
  if [[ $tuple == aarch64-* ]]; then
    cat >simd.c <<'C'
#include <arm_acle.h>
#include <arm_neon.h>
#include <arm_sve.h>
int main(void) { return (int)vaddvq_s32(vaddq_s32(vdupq_n_s32(2), vdupq_n_s32(3))) != 20 || __clz(1) != 31; }
C
    "${prefix}gcc" -O2 -march=armv8.2-a+sve -c simd.c
    "${prefix}gcc" -O2 simd.c -o program
  else
    cat >simd.c <<'C'
#include <cpuid.h>
#include <immintrin.h>
__attribute__((target("avx2"))) static int wide(void) { return _mm256_extract_epi32(_mm256_set1_epi32(5), 7); }
int main(void) { return (__builtin_cpu_supports("avx2") ? wide() : 5) != 5 || _mm_cvtsi128_si32(_mm_set1_epi32(20)) != 20; }
C
    "${prefix}gcc" -O2 -march=x86-64-v3 -c simd.c
    "${prefix}gcc" -O2 simd.c -o program
  fi
  run ./program
}

# Marks of the processor's own protection of control flow.
protected_flow() {
  local flag=-fcf-protection=full
  if [[ $tuple == aarch64-* ]]; then flag=-mbranch-protection=standard; fi
  "${prefix}gcc" -O2 "$flag" "$here/programs/threads.c" -pthread -o program
  run ./program
  "${prefix}gcc" -O2 "$flag" -S "$here/programs/ifunc.c" -o - | grep -E 'endbr64|hint[[:space:]]+(34|25)|paciasp|bti'
}

# Sanitizers are not part of the toolchains: to ask for one is an error of the linker that names it.
no_sanitizer() {
  echo 'int main(void) { return 0; }' >program.c
  fails asan "${prefix}gcc" -fsanitize=address program.c -o program
}

# A wrong program: an error with file, line and caret, and an exit code.
says_errors() {
  printf 'int main(void)\n{\n  return no_such_name;\n}\n' >wrong.c
  fails 'wrong.c:3:10: error:' "${prefix}gcc" -c wrong.c
  printf 'void no_such_function(void);\nint main(void) { no_such_function(); }\n' >wrong.c
  fails "undefined reference to \`no_such_function'" "${prefix}gcc" wrong.c
  printf 'template <typename T> struct A { typename T::none x; };\nA<int> a;\n' >wrong.cc
  fails 'wrong.cc:1:' "${prefix}g++" -c wrong.cc
}

# Preprocessor, assembler and linker by themselves; sections, versions of symbols, identities, debugging data.
binary_tools() {
  cat >one.c <<'C'
int kept(void) { return 42; }
int dropped(void) { return 43; }
int hidden(void) { return 44; }
C
  printf '\t.globl assembled\n\t.type assembled, %%function\nassembled:\n\tret\n\t.section .note.GNU-stack,"",%%progbits\n' >two.S
  printf 'void assembled(void);\nint kept(void);\nint main(void) { assembled(); return kept() != 42; }\n' >main.c
  "${prefix}gcc" -g -O1 -ffunction-sections -c one.c two.S main.c
  "${prefix}gcc" -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,-z,relro,-z,now,-z,noexecstack -g main.o one.o two.o -o program
  run ./program
  "${prefix}nm" program >symbols
  grep -w kept symbols
  if grep -w dropped symbols; then return 1; fi
  "${prefix}readelf" --notes --wide program | grep 'Build ID: [0-9a-f]\{40\}'
  "${prefix}readelf" --program-headers --wide program | grep -E 'GNU_STACK .* RW '
  "${prefix}objdump" -d program | grep '<assembled>:'
  "${prefix}objcopy" --only-keep-debug program program.debug
  "${prefix}strip" program
  "${prefix}objcopy" --add-gnu-debuglink=program.debug program
  run ./program
  [[ -z $("${prefix}nm" program 2>/dev/null) ]]
  "${prefix}ld" -r one.o two.o -o both.o
  "${prefix}gcc" main.o both.o -o program
  run ./program
  printf 'V_1 { global: kept; local: *; };\n' >versions
  "${prefix}gcc" -shared -fPIC one.c -Wl,--version-script=versions -o libone.so
  "${prefix}readelf" --dyn-syms --wide libone.so | grep 'kept@@V_1'
  "${prefix}ar" rcsD libone.a one.o && "${prefix}ranlib" -D libone.a
  # shellcheck disable=SC2016
  "${prefix}gcc" main.o two.o libone.a -o program && run ./program
}

# The tools that a carried toolchain does not have under its tuple.
more_tools() {
  "${prefix}gcc" -g -O1 -x c - -o program <<<'int main(void) { return 0; }'
  local address
  address=$("${prefix}nm" program | sed -n 's/ T main$//p')
  "${prefix}addr2line" -f -e program "0x$address" | grep -x main
  [[ $("${prefix}c++filt" _ZNSt6vectorIiE4backEv) == 'std::vector<int>::back()' ]]
  "${prefix}size" program && "${prefix}strings" program | grep -q GLIBC
  printf 'int twice(int a) { return a ? 2 * a : 7; }\nint main(void) { return twice(1) != 2; }\n' >covered.c
  "${prefix}gcc" --coverage -c covered.c && "${prefix}gcc" --coverage covered.o -o covered
  run ./covered
  "${prefix}gcov" covered.c | grep 'Lines executed:100'
}

# Programs of the C library, native.
library_programs() {
  local charset text=$'\303\204\303\266\303\274 text'
  ldd /usr/bin/as | tee libraries
  grep 'libc.so.6 => /' libraries
  if grep 'not found' libraries; then return 1; fi
  for charset in UTF-16 UTF-16BE UTF-32LE UCS-4 UTF-7 ISO-8859-1 ISO-8859-15 CP1252; do
    [[ $(printf %s "$text" | iconv -f UTF-8 -t "$charset" | iconv -f "$charset" -t UTF-8) == "$text" ]]
  done
  [[ $(printf '\200' | iconv -f CP1252 -t UTF-8) == $'\342\202\254' ]]
  iconv -l | grep -F 'UTF-16//'
  fails 'iconv: ' iconv -f UTF-8 -t ASCII <<<"$text"
  getent hosts localhost
  getent passwd root | grep '^root:x:0:0:'
  [[ $(getent services 22/tcp | awk '{ print $1 }') == ssh ]] || echo 'no /etc/services'
  [[ $(getconf GNU_LIBC_VERSION) == 'glibc '* && $(getconf PAGE_SIZE) == 4096 ]]
  locale -a | grep -ix 'c.utf-\?8'
  [[ $(LC_ALL=C.UTF-8 locale charmap) == UTF-8 ]]
  ldconfig -p | grep -F 'libc.so.6'
  "$(loader)" --list /usr/bin/as
  fails 'cannot open shared object file' env LD_PRELOAD= "$(loader)" --list /no/such/program
}

# Usage: loader; the native one's path
loader() { readelf --program-headers --wide /usr/bin/as | sed -n 's/.*program interpreter: \(.*\)]/\1/p'; }

# A locale of its own: numbers with a point every three digits.
locale_compiler() {
  printf '<code_set_name> ANSI_X3.4-1968\n<mb_cur_max> 1\nCHARMAP\n' >map
  local code
  for ((code = 0; code < 128; ++code)); do printf '<U%04X> /x%02x\n' "$code" "$code"; done >>map
  echo 'END CHARMAP' >>map
  printf 'LC_NUMERIC\ndecimal_point ","\nthousands_sep "."\ngrouping 3\nEND LC_NUMERIC\n' >source
  localedef --force --no-archive --quiet -f "$PWD/map" -i "$PWD/source" "$PWD/own" || (($? == 1))
  [[ $(LOCPATH=$PWD LC_NUMERIC=own LC_ALL='' locale thousands_sep) == . ]]
}

# What the loader can do: libraries loaded before others, its statistics, debugging, tunables.
loader_features() {
  echo 'int getppid(void) { return 4711; }' | gcc -shared -fPIC -x c - -o libbefore.so
  # shellcheck disable=SC2016
  printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("%%d\\n", getppid()); return 0; }\n' | gcc -O1 -x c - -o program
  [[ $(LD_PRELOAD=$PWD/libbefore.so ./program) == 4711 && $(./program) != 4711 ]]
  LD_DEBUG=statistics ./program 2>&1 | grep 'total startup time'
  LD_DEBUG=libs ./program 2>&1 | grep 'find library=libc.so.6'
  GLIBC_TUNABLES=glibc.malloc.perturb=85 ./program
  LD_BIND_NOW=1 ./program
}

# Usage: headers_of STANDARD; C++'s headers that it has, and that the compiler can know
headers_of() {
  local name
  for name in "${headers_cxx[@]}"; do
    if [[ $1 == c++17 && " ${headers_cxx20[*]} " == *" $name "* ]]; then continue; fi
    if [[ $IS_OLD == yes && $name == format ]]; then continue; fi
    echo "$name"
  done
}

headers() {
  local standard known half
  mapfile -t known < <(headers_of c++20)
  half=$((${#known[@]} / 2))
  check 'every header of C++20, 1 of 2' each_header "${prefix}g++" c++20 "${known[@]:0:half}"
  check 'every header of C++20, 2 of 2' each_header "${prefix}g++" c++20 "${known[@]:half}"
  for standard in c++17 gnu++23; do
    mapfile -t known < <(headers_of "$standard")
    check "all headers at once, $standard" all_headers "${prefix}g++" "$standard" "${known[@]}"
  done
  check 'every header of C17' each_header "${prefix}gcc" c17 "${headers_c[@]/%/.h}"
  check 'headers of POSIX and of the kernel' each_header "${prefix}gcc" gnu17 "${headers_posix[@]/%/.h}"
}

tools() {
  check 'intrinsics' intrinsics
  check 'protection of control flow' protected_flow
  check 'no sanitizer' no_sanitizer
  check 'errors' says_errors
  check 'assembler and linker' binary_tools
  if [[ $IS_CARRIED == no || $tuple == "$SDK_TUPLE" ]]; then
    check 'addr2line, c++filt, gcov' more_tools
  else
    skip 'addr2line, c++filt, gcov' 'a carried toolchain has them only under the names of the distribution'
  fi
  if [[ $tuple == "$SDK_TUPLE" ]]; then
    check 'programs of the C library' library_programs
    if type -P localedef >/dev/null; then
      check 'localedef' locale_compiler
    else
      skip 'localedef' 'this SDK has the locales C and C.UTF-8, and does not make others'
    fi
    check 'the loader' loader_features
  fi
}

for target; do
  use_toolchain "$target"
  IS_OLD=no IS_CARRIED=no
  if [[ " ${CARRIED_TUPLES-} " == *" $target "* ]]; then IS_CARRIED=yes; fi
  if [[ $IS_CARRIED == yes && $("${prefix}gcc" -dumpversion) == 1[0-2]* ]]; then
    IS_OLD=yes
    skip '<format>' 'the carried compiler is older than that header'
  fi
  headers
  tools
done
finish
