#!/bin/bash
# Builds the programs of tests/fixtures/toolchain-programs with toolchains of the SDK that it runs in, and runs them.
# Usage: programs.sh few|all TUPLE...
set -Eeuo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=tests/toolchains/lib.sh
source "$here/lib.sh"

programs=$here/programs
# Usage: words_of FILE KEY; what a program's `// KEY:` lines ask for
words_of() { sed -n "s,^// $2: ,,p" "$1"; }

# Usage: build FILE FLAG...; into ./program
build() {
  local file=$1 compiler=${prefix}gcc standard=-std=gnu17 flags=() libs=()
  shift
  if [[ $file == *.cc ]]; then compiler=${prefix}g++ standard=-std=gnu++20; fi
  read -ra flags <<<"$(words_of "$file" flags)"
  read -ra libs <<<"$(words_of "$file" libs)"
  "$compiler" "$standard" "${flags[@]}" "$@" "$file" -o program "${libs[@]}"
}

# Usage: build_and_run FILE FLAG...
build_and_run() {
  build "$@"
  local is=dynamic
  if is_static program; then is=static; fi
  if [[ " $* " == *' -static '* ]]; then [[ $is == static ]]; fi
  if [[ " $* " != *' -static'* ]]; then [[ $is == dynamic ]]; fi
  run ./program
}

# An exception that crosses a shared library, found by RUNPATH beside the program; and the library loaded by name.
shared_library() {
  local flags=(-O2 -std=gnu++20 "$@")
  mkdir lib bin
  "${prefix}g++" "${flags[@]}" -fPIC -shared -Wl,-soname,libthrower.so.1 "$programs/library/thrower.cc" -o lib/libthrower.so.1
  ln -s libthrower.so.1 lib/libthrower.so
  # shellcheck disable=SC2016 # the loader's word
  "${prefix}g++" "${flags[@]}" -pthread "$programs/library/main.cc" -Llib -lthrower \
    -Wl,--enable-new-dtags '-Wl,-rpath,$ORIGIN/../lib' -o bin/main
  "${prefix}readelf" --dynamic --wide bin/main | grep 'RUNPATH.*\[.ORIGIN/\.\./lib\]'
  run bin/main
  "${prefix}gcc" -O2 "$programs/library/plugin.c" -o bin/plugin
  run bin/plugin "$PWD/lib/libthrower.so.1"
  rm lib/libthrower.so*
  fails libthrower.so.1 run bin/main
}

# Usage: archiver; the one that knows objects of link-time optimisation
archiver() {
  if [[ -n $ARCHIVER ]]; then echo "${prefix}$ARCHIVER"; else echo "${prefix}gcc-ar"; fi
}

# An archive of objects of link-time optimisation: the call across files is gone from the program.
lto_archive() {
  "${prefix}gcc" -O2 -flto -c "$programs/lto/add.c" "$programs/lto/main.c"
  "$(archiver)" rcs libadd.a add.o
  "${prefix}gcc" -O2 -flto "$@" main.o -L. -ladd -o program
  run ./program
  [[ $("${prefix}nm" program) != *_across_files* ]]
}

# Variables of threads by all four models, in a library and in the program.
thread_models() {
  local model=$1
  "${prefix}gcc" -O2 -fPIC -shared "-ftls-model=$model" "$programs/models/thread.c" -o libthread.so
  # shellcheck disable=SC2016
  "${prefix}gcc" -O2 -pthread "$programs/models/main.c" -L. -lthread '-Wl,-rpath,$ORIGIN' -o program
  run ./program
  if [[ $model == initial-exec ]]; then model=local-exec; fi
  "${prefix}gcc" -O2 -pthread -static "-ftls-model=$model" "$programs/models/main.c" "$programs/models/thread.c" -o program
  run ./program
}

# Usage: hardened NAME TEXT FLAG...; the program is ended, and says TEXT
hardened() {
  local name=$1 text=$2
  shift 2
  "${prefix}gcc" -w "$@" "$programs/hardening/$name.c" -o program
  fails "$text" run ./program
}

# What a compiler says of itself, and where it looks.
compiler_facts() {
  [[ $("${prefix}gcc" -dumpmachine) == "$TARGET" || $CARRIED == yes ]]
  "${prefix}gcc" -v 2>&1 | grep -E '^gcc version [0-9]+\.'
  [[ -f $("${prefix}gcc" -print-file-name=libc.so.6) ]]
  [[ -f $("${prefix}g++" -print-file-name=libstdc++.so) ]]
  [[ -f $("${prefix}gcc" -print-libgcc-file-name) ]]
  [[ -x $(type -P "$("${prefix}gcc" -print-prog-name=ld)") && -x $("${prefix}gcc" -print-prog-name=lto1) ]]
  if [[ $sysroot != / ]]; then [[ $(readlink -f "$("${prefix}gcc" -print-sysroot)") == "$sysroot" ]]; fi
  # Programs can be loaded anywhere, unless they say otherwise.
  "${prefix}gcc" -v 2>&1 | grep -e '--enable-default-pie'
  "${prefix}gcc" "$programs/ifunc.c" -o program
  "${prefix}readelf" --file-header --wide program | grep 'Type: *DYN'
  # Nothing of the SDK itself is among what a cross compiler looks at; a carried one shares headers of C++ with it.
  "${prefix}g++" -E -v -x c++ /dev/null 2>&1 | sed -n '/^#include </,/^End/p' | tee folders
  if [[ $CARRIED == no && $sysroot != / ]] && grep -E '^ /usr/(local/)?include' folders; then return 1; fi
}

# The smallest part, for a test that has little time: what is linked in each way, optimised.
few() {
  local file name
  for file in "$programs"/{threads,exceptions,files}.cc "$programs"/{threads,atomics,control}.c; do
    name=$(basename "$file")
    check "$name -O2" build_and_run "$file" -O2
  done
  for name in hello.cc exceptions.cc threads.c hello.c; do
    check "$name -O2 -flto -static" build_and_run "$programs/$name" -O2 -flto -static
  done
  check 'shared library' shared_library
  check 'archive -flto' lto_archive
}

all() {
  local file name model
  for file in "$programs"/*.{c,cc}; do
    name=$(basename "$file")
    if [[ $CARRIED == yes && $TARGET == aarch64-* && $name == conversion.c ]]; then
      skip "$name" "the distribution's C library for cross compilers looks for its tables where they are on an ARM machine"
      continue
    fi
    for variant in -O0 '-O2 -flto' '-O0 -static' '-O2 -flto -static' '-O2 -fPIE -static-pie' '-O2 -no-pie'; do
      # shellcheck disable=SC2086 # words
      check "$name $variant" build_and_run "$file" $variant
    done
  done
  check 'shared library' shared_library
  check 'shared library -flto' shared_library -flto
  check 'archive -flto' lto_archive
  check 'archive -flto -static' lto_archive -static
  for model in global-dynamic local-dynamic initial-exec; do
    check "thread_local, $model" thread_models "$model"
  done
  check 'stack protector' hardened smash 'stack smashing detected' -O2 -fstack-protector-strong
  check 'stack protector -static' hardened smash 'stack smashing detected' -O2 -fstack-protector-strong -static
  check '_FORTIFY_SOURCE' hardened overflow 'buffer overflow detected' -O2 -D_FORTIFY_SOURCE=2
  check 'what the compiler says' compiler_facts
}

selection=$1
shift
for TARGET; do
  # The carried compilers are the distribution's: they know its tuple, and it has no fronts of their archiver.
  CARRIED=no ARCHIVER=
  if [[ " ${CARRIED_TUPLES-} " == *" $TARGET "* ]]; then
    CARRIED=yes
    if [[ $TARGET != "$SDK_TUPLE" ]]; then ARCHIVER='ar'; fi
  fi
  use_toolchain "$TARGET"
  "$selection"
done
finish
