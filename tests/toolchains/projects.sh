#!/bin/bash
# Builds projects of others with toolchains of the SDK that it runs in, and runs what came out.
# Usage: projects.sh autotools|cmake|kernel TUPLE
set -Eeuo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=tests/toolchains/lib.sh
source "$here/lib.sh"

sources=$here/sources

# Usage: configured NAME; ./configure, make and make install of sources/NAME for the toolchain's target
configured() {
  mkdir build
  cd build
  "$sources/$1/configure" "--host=$tuple" --build="$SDK_TUPLE" --prefix=/usr --disable-nls --disable-dependency-tracking
  make "-j$JOBS"
  make install DESTDIR="$PWD/../root"
  cd ..
  "${prefix}strip" root/usr/bin/*
}

sed_works() {
  configured sed
  # shellcheck disable=SC2016 # sed's own
  [[ $(printf 'one\ntwo\nthree\n' | run root/usr/bin/sed -E -n '2,${s/(t)(.)/\2\1/;p}') == $'wto\nhtree' ]]
  printf '\303\244\n' >text
  LC_ALL=C.UTF-8 run root/usr/bin/sed -i 's/./x/g' text
  [[ $(<text) == x ]]
}

patch_works() {
  configured patch
  printf 'one\ntwo\n' >file
  printf -- '--- a/file\n+++ b/file\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n' | run root/usr/bin/patch -p1
  [[ $(<file) == $'one\nthree' ]]
}

autotools() {
  check 'patch, by its configure' patch_works
  check 'sed, by its configure' sed_works
}

toolchain_file() {
  cat <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${tuple%%-*})
set(CMAKE_SYSROOT $sysroot)
set(CMAKE_C_COMPILER ${prefix}gcc)
set(CMAKE_CXX_COMPILER ${prefix}g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
CMAKE
  # Its own search would take the SDK's, which does not know the target's objects.
  if [[ $IS_CARRIED == yes ]]; then
    printf 'set(CMAKE_%s_COMPILER_%s %s)\n' C AR "$(type -P "${prefix}ar")" CXX AR "$(type -P "${prefix}ar")" \
      C RANLIB "$(type -P "${prefix}ranlib")" CXX RANLIB "$(type -P "${prefix}ranlib")"
  fi
}

# Usage: cmake_project BUILD_TYPE
cmake_project() {
  local cmake=$sources/cmake/cmake/data/bin/cmake options=()
  if [[ $sysroot != / ]]; then
    toolchain_file >toolchain.cmake
    options=("-DCMAKE_TOOLCHAIN_FILE=$PWD/toolchain.cmake")
  fi
  "$cmake" --version
  "$cmake" -S "$here/project" -B build -G 'Unix Makefiles' "-DCMAKE_BUILD_TYPE=$1" -DCMAKE_INSTALL_PREFIX=/usr \
    -DCMAKE_INSTALL_LIBDIR=lib "${options[@]}"
  "$cmake" --build build --parallel "$JOBS" --verbose
  DESTDIR=$PWD/root "$cmake" --install build --strip
  [[ -L root/usr/lib/libwords.so.1 && -f root/usr/include/words.h ]]
  [[ $(run root/usr/bin/trial) == $'20! = 2432902008176640000\nno negative numbers' ]]
}

cmake() {
  check_now 'a CMake project, Release' cmake_project Release
  check_now 'a CMake project, Debug' cmake_project Debug
}

# headers_install copies by rsync, which an SDK does not have: this does what it asks for.
rsync_stand_in() {
  mkdir bin
  cat >bin/rsync <<'BASH'
#!/bin/bash
set -euo pipefail
target=${!#} from=${*: -2:1}
[[ " $* " == *' --exclude=* '* && -d $from ]] || { echo "rsync: not expected: $*" >&2 && exit 1; }
mkdir -p "$target/${from##*/}"
(cd "$from" && find . -name '*.h' -print0 | tar -cf - --null -T -) | tar -C "$target/${from##*/}" -xf -
BASH
  chmod +x bin/rsync
  export PATH=$PWD/bin:$PATH
}

# The configuration, the interface and the tools of a kernel. The tools are compiled by the SDK's own compiler; the target's is
# asked what it can do.
kernel_tools() {
  local words=(-C "$sources/linux" "O=$PWD/build" ARCH=arm64 "CROSS_COMPILE=$prefix" HOSTCC=gcc "-j$JOBS")
  rsync_stand_in
  mkdir build
  make "${words[@]}" defconfig
  grep -x CONFIG_ARM64=y build/.config
  grep "^CONFIG_CC_VERSION_TEXT=\"$tuple-gcc\|^CONFIG_CC_VERSION_TEXT=\"aarch64-" build/.config
  make "${words[@]}" headers_install "INSTALL_HDR_PATH=$PWD/headers"
  make "${words[@]}" scripts
  [[ $(find headers -name '*.h' | wc -l) -ge 900 ]]
  grep -w __NR_openat headers/include/asm-generic/unistd.h
  [[ -x build/scripts/kallsyms && -x build/scripts/sorttable && -x build/scripts/asn1_compiler ]]
  printf '/dts-v1/;\n/ { compatible = "trial"; };\n' | build/scripts/dtc/dtc -I dts -O dtb -o trial.dtb
  build/scripts/dtc/dtc -I dtb -O dts trial.dtb | grep 'compatible = "trial"'
  # A program with nothing but these headers of the kernel.
  printf '#include <asm/unistd.h>\n#include <linux/version.h>\n_Static_assert(LINUX_VERSION_CODE >= 0x60c00, "");\nint call = __NR_openat;\n' >use.c
  "${prefix}gcc" -nostdinc -isystem headers/include -c use.c
}

kernel() {
  if [[ $IS_CARRIED == yes ]] && ! type -P flex >/dev/null; then
    skip linux 'the quick SDK has no flex, which the configuration of a kernel needs'
  else
    check_now 'linux: defconfig headers_install scripts' kernel_tools
  fi
}

use_toolchain "$2"
IS_CARRIED=no
# shellcheck disable=SC2034 # toolchain_file reads it
if [[ " ${CARRIED_TUPLES-} " == *" $2 "* ]]; then IS_CARRIED=yes; fi
"$1"
finish
