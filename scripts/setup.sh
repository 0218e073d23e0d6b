# shellcheck shell=bash
# Makes a checkout ready to run: Node, node_modules, lib; for tests dist. Sourced by bootstrap_sdk, run_tests and build.sh, which set
# `project` (the directory of the checkout) and `me` (their name, for messages). Needs bash, coreutils, node and npm only.
# Freshness is by digest, never by time stamps: a clone, a copy or a clock that was wrong changes nothing.
: "${project:?}" "${me:?}"

# Usage: say TEXT; one line on stderr
say() { printf '%s: %s\n' "$me" "$*" >&2; }

# Usage: die EXIT_CODE TEXT
die() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}

# Usage: require_node; exits with 3 unless Node is new enough (package.json, "engines")
require_node() {
  local version
  version=$(node --version 2>/dev/null) || version=none
  [[ $version =~ ^v([0-9]+)\.([0-9]+)\. ]] || version=none
  if [[ $version != none ]]; then
    if ((BASH_REMATCH[1] > 20 || (BASH_REMATCH[1] == 20 && BASH_REMATCH[2] >= 19))); then return; fi
  fi
  die 3 "needs Node 20.19 or newer, found ${version} in PATH=${PATH}
  Debian 13 and later: apt-get install nodejs npm
  Node of a version manager under sudo: sudo env \"PATH=\$PATH\" ..."
}

# Usage: prepare_project; installs the npm packages and bundles the program, each only when it is out of date
prepare_project() {
  if [[ ! -f $project/tsconfig.json ]]; then
    # Installed, without sources.
    [[ -f $project/lib/cli/main.js ]] || die 3 "$project has neither sources nor lib: the installation is not complete"
    return
  fi
  if modules_are_fresh && lib_is_fresh; then return; fi
  prepare bundle_if_stale
}

# Usage: prepare_tests; after prepare_project: checks the types of everything, and compiles the tests with what they test
prepare_tests() { dist_is_fresh || prepare compile_if_stale; }

# Usage: prepare STEP; installs the npm packages where need be, and runs the step, while no other process does
prepare() {
  [[ -w $project ]] || die 3 "$project must be installed or compiled anew and is not writable: run $me once as its owner"
  # The lock is on the directory itself, so it needs no file; only the subshell and what it starts hold it.
  (
    lock_project
    modules_are_fresh || install_modules
    "$1"
  ) 9<"$project"
}

# Usage: bundle_if_stale; what another process has done meanwhile is not done again
bundle_if_stale() { lib_is_fresh || bundle; }

# Usage: compile_if_stale
compile_if_stale() { dist_is_fresh || compile; }

# Usage: lock_project; waits until no other process prepares the project; the lock is on descriptor 9
lock_project() {
  # A host without util-linux cannot build anyway (`doctor` says so); it must only get that far.
  if ! command -v flock >/dev/null || flock --nonblock 9; then return; fi
  say "waiting for another process that prepares $project"
  flock 9
}

# Usage: modules_are_fresh; has npm finished with this very package-lock.json?
modules_are_fresh() {
  stamp_is "$project/node_modules/.bootstrap_sdk-stamp" "$(digest_of "$project/package-lock.json")"
}

# Usage: lib_is_fresh; was lib bundled from these very sources?
lib_is_fresh() { stamp_is "$project/lib/.bootstrap_sdk-stamp" "$(bundled_digest)"; }

# Usage: dist_is_fresh; was dist compiled from these very sources?
dist_is_fresh() { stamp_is "$project/dist/.bootstrap_sdk-stamp" "$(sources_digest)"; }

# Usage: stamp_is FILE TEXT; does the file hold this very text?
stamp_is() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# Usage: digest_of FILE; prints its SHA-256, without the name
digest_of() { sha256sum <"$1"; }

# Usage: order_globs; makes ** match at any depth, in an order of no locale; for a subshell
order_globs() {
  shopt -s globstar nullglob
  export LC_ALL=C
}

# Usage: bundled_digest; prints one digest of the program's sources, and of what they are bundled with
bundled_digest() (
  cd "$project" || exit
  order_globs
  sha256sum -- src/**/*.ts src/**/*.css scripts/setup.sh package.json package-lock.json | sha256sum
)

# Usage: sources_digest; prints one digest of all that is compiled, and of what it is compiled with
sources_digest() (
  cd "$project" || exit
  order_globs
  sha256sum -- {src,tests,bench}/**/*.ts tsconfig.json package.json package-lock.json | sha256sum
)

# Usage: install_modules; and stamps them as fresh
install_modules() {
  command -v npm >/dev/null || die 3 "needs npm to install its packages (Debian 13 and later: apt-get install npm)"
  say "installing npm packages (first run, or package-lock.json has changed)"
  local digest
  digest=$(digest_of "$project/package-lock.json")
  quietly 3 npm ci --ignore-scripts --include=dev --no-audit --no-fund
  printf '%s\n' "$digest" >"$project/node_modules/.bootstrap_sdk-stamp"
}

# Usage: bundle; makes lib of src, and stamps it as fresh: a file for each program, what they share beside, and all texts that
# are made from the tables (help, man pages, completions). Types are not looked at: that is prepare_tests. Into a fresh
# directory, which then takes the place of lib: a run that is going on keeps whole files, and a failed or killed bundling
# leaves lib as it was. In node_modules, because that is on the same file system and not under version control.
bundle() {
  say "compiling (first run, or the sources have changed)"
  local digest fresh=$project/node_modules/.bootstrap_sdk-lib
  # Before: what is edited meanwhile makes lib stale, not fresh.
  digest=$(bundled_digest)
  rm -rf --one-file-system -- "$fresh" "$fresh".*
  quietly 70 bundle_into "$fresh"
  if [[ -f $fresh/cli/texts-main.js ]]; then quietly 70 node "$fresh/cli/texts-main.js" "$fresh"; fi
  printf '%s\n' "$digest" >"$fresh/.bootstrap_sdk-stamp"
  replace lib "$fresh"
}

# Usage: bundle_into FOLDER; from the project's folder
bundle_into() (
  order_globs
  # For libraries of the older module format.
  local require='import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);'
  node_modules/.bin/esbuild src/cli/main.ts src/**/*-main.ts src/**/*-worker.ts --bundle --splitting --format=esm \
    --platform=node --target=node20.19 --outbase=src --outdir="$1" \
    --chunk-names='shared/[name]-[hash]' --banner:js="$require" --legal-comments=none --log-level=warning || exit
  # The script and the style sheet of the report's page, as one file each; the licence of what they hold goes with them.
  [[ ! -f src/report/client/page.ts ]] || node_modules/.bin/esbuild src/report/client/page.{ts,css} --bundle --format=iife --platform=browser --target=es2022 --minify \
    --outdir="$1/report" --banner:js="/* uPlot: $(<node_modules/uplot/LICENSE) */" --metafile="$1/report/page.meta.json" \
    --legal-comments=none --log-level=warning
)

# Usage: replace NAME FOLDER; gives FOLDER the place of NAME in the project
replace() {
  local trash
  trash=$(mktemp -d "$2.XXXXXX")
  if [[ -e $project/$1 ]]; then mv -T -- "$project/$1" "$trash/old"; fi
  mv -T -- "$2" "$project/$1"
  rm -rf --one-file-system -- "$trash"
}

# Usage: compile; and stamps dist as fresh.
# Into a fresh directory, which then takes the place of dist: a run that is going on keeps whole files, what a deleted
# source once compiled to does not stay, and a failed or killed compilation leaves dist as it was. In node_modules,
# because that is on the same file system and not under version control.
# The compiler begins with what it knows of the dist that is there, and writes only what has changed: its build info lies
# beside, under a name with the digest of that very dist. The names of both are fixed, since build info holds them.
compile() {
  say "compiling the tests (first run, or the sources have changed)"
  local digest known modules=$project/node_modules
  local fresh=$modules/.bootstrap_sdk-dist info=$modules/.bootstrap_sdk-buildinfo
  # Before compiling: what is edited meanwhile makes dist stale, not fresh.
  digest=$(sources_digest)
  known=$info.$(dist_digest "$project/dist")
  rm -rf --one-file-system -- "$fresh" "$fresh".* "$info"
  mkdir -- "$fresh"
  if [[ -f $known ]] && dist_has_its_sources; then
    cp -a --reflink=auto -- "$project"/dist/* "$fresh/"
    cp -- "$known" "$info"
  fi
  quietly 70 node_modules/.bin/tsc -p tsconfig.json --outDir "$fresh" --tsBuildInfoFile "$info"
  printf '%s\n' "$digest" >"$fresh/.bootstrap_sdk-stamp"
  replace dist "$fresh"
  rm -rf --one-file-system -- "$info".*
  mv -- "$info" "$info.$(dist_digest "$project/dist")"
}

# Usage: dist_digest DIRECTORY; prints the digest of all that is compiled there, names and contents; `none` where nothing is
dist_digest() (
  cd "$1" 2>/dev/null || { echo none && exit; }
  order_globs
  files=()
  for file in **; do [[ ! -f $file ]] || files+=("$file"); done
  ((${#files[@]} > 0)) || { echo none && exit; }
  digest=$(sha256sum -- "${files[@]}" | sha256sum)
  echo "${digest%% *}"
)

# Usage: dist_has_its_sources; is there a source for everything in dist? The compiler would leave what is of a deleted one.
dist_has_its_sources() (
  cd "$project/dist" || exit
  order_globs
  for file in **/*.js; do [[ -f $project/${file%.js}.ts ]] || exit 1; done
)

# Usage: quietly EXIT_CODE COMMAND...; runs it in the project, shows its output only if it fails, and then exits. What takes
# long says so from time to time; on a terminal a clock goes on meanwhile.
quietly() {
  local code=$1 output ticker status=0 pace=10
  shift
  if [[ -t 2 && ${TERM:-dumb} != dumb ]]; then pace=1; fi
  # The lock of descriptor 9 is not its; neither are the streams of the caller, who may wait for their end.
  (
    trap 'kill "$sleeper" 2>/dev/null; exit' TERM
    # The launcher may be killed, and nobody ends this then.
    for ((seconds = pace; ; seconds += pace)); do
      sleep "$pace" &
      sleeper=$!
      wait "$sleeper"
      if [[ ! -d /proc/$$ ]]; then exit; fi
      if ((pace == 1)); then
        # What is done was said on the line above.
        printf '\r%s: %d s' "$me" "$seconds" >&2
      else
        say "still at it after $seconds s"
      fi
    done
  ) >/dev/null 9>&- &
  ticker=$!
  output=$(cd "$project" && "$@" 2>&1 </dev/null) || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if ((pace == 1)); then printf '\r\e[K' >&2; fi
  if ((status == 0)); then return; fi
  printf '%s\n' "$output" >&2
  die "$code" "failed: $*"
}
