# shellcheck shell=bash
# What the trials of toolchains share: toolchains by their tuple, programs of their targets, checks side by side and their
# results, one line each: `ok TUPLE NAME`, `not ok TUPLE NAME` with the end of what was said, `skip TUPLE NAME: WHY`.

SDK_TUPLE=x86_64-pc-linux-gnu
# The emulator that the trial gives; it is no part of the SDK.
EMULATOR=/trial/qemu-aarch64

# Usage: use_toolchain TUPLE; sets what the functions below work with
use_toolchain() {
  tuple=$1 prefix=$1- sysroot=/usr/$1 libraries=
  if [[ $tuple == "$SDK_TUPLE" ]]; then
    prefix='' sysroot=/
  else
    libraries=$(dirname "$("${prefix}gcc" -print-file-name=libc.so.6)")
  fi
}

# Usage: is_static PROGRAM
is_static() {
  local headers
  headers=$("${prefix}readelf" --program-headers --wide "$1")
  [[ $headers != *INTERP* ]]
}

# Usage: run PROGRAM ARGUMENT...; a program of the toolchain's target, with the libraries of its sysroot
run() {
  case $tuple in
    "$SDK_TUPLE") timeout 120 "$@" ;;
    aarch64-*) timeout 120 "$EMULATOR" -L "$sysroot" "$@" ;;
    *) if is_static "$1"; then timeout 120 "$@"; else timeout 120 "$sysroot/lib64/ld-linux-x86-64.so.2" --library-path "$libraries" "$@"; fi ;;
  esac
}

# Usage: check NAME COMMAND ARGUMENT...; COMMAND runs in a folder of its own, beside others
check() {
  while (($(jobs -rp | wc -l) >= JOBS)); do wait -n || true; done
  check_now "$@" &
}
JOBS=$(nproc)

# Usage: check_now NAME COMMAND ARGUMENT...
check_now() {
  local name="$tuple $1" folder code=0
  shift
  folder=$(mktemp -d)
  set +e
  (
    set -Eeuo pipefail
    cd "$folder" && "$@"
  ) >"$folder.log" 2>&1
  code=$?
  set -e
  if ((code == 0)); then
    printf 'ok %s\n' "$name"
  else
    printf 'not ok %s (%s)\n%s\n' "$name" "$code" "$(tail -n 25 "$folder.log" | cut -c -300 | sed 's/^/  /')"
  fi
  rm -rf "$folder" "$folder.log"
}

# Usage: skip NAME WHY
skip() { printf 'skip %s %s: %s\n' "$tuple" "$1" "$2"; }

# Usage: fails TEXT COMMAND...; COMMAND has to fail, and to say TEXT
fails() {
  local text=$1 said
  shift
  if said=$("$@" 2>&1); then
    echo "did not fail: $*"
    return 1
  fi
  printf '%s\n' "$said"
  [[ $said == *"$text"* ]]
}

# Waits for all checks, and says how long processors worked for them.
finish() {
  wait
  local times
  times=$(mktemp)
  times >"$times"
  awk -F '[ms ]+' 'NR == 2 { printf "cpu %d s\n", ($1 + $3) * 60 + $2 + $4 }' "$times"
}
