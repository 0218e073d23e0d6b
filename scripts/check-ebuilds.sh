#!/usr/bin/env bash
# Runs `pkgcheck scan` over the ebuild repositories of the project; whatever it finds fails. What is meant to be as it is
# stands in the metadata/pkgcheck.conf of each repository, with the reason.
# Usage: check-ebuilds.sh   installs pkgcheck once, in .cache/pkgcheck, which is all that needs the network
set -Eeuo pipefail

project=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/..
project=$(readlink -f -- "$project")
# shellcheck disable=SC2034 # setup.sh reads it
me=check-ebuilds
# shellcheck source=scripts/setup.sh
source "$project/scripts/setup.sh"

requirements=$project/scripts/pkgcheck.txt
repos=$project/sdks/embedded/repos
cache=$project/.cache/pkgcheck

# Usage: install_pkgcheck; and stamps it as fresh
install_pkgcheck() {
  command -v python3 >/dev/null || die 3 "pkgcheck needs Python (Debian: apt-get install python3 python3-pip)"
  say "installing pkgcheck (first run, or scripts/pkgcheck.txt has changed)"
  rm -rf --one-file-system -- "$cache"
  mkdir -p -- "$cache"
  # Debian's Python has no pip for virtual environments; its own can install into one.
  quietly 3 python3 -m venv --without-pip "$cache/venv"
  quietly 3 python3 -m pip --python "$cache/venv/bin/python" --disable-pip-version-check install --no-deps --only-binary :all: \
    --requirement "$requirements"
  digest_of "$requirements" >"$cache/stamp"
}

# Usage: configure; copies the repositories, as pkgcheck writes into the md5-cache of what it scans, and says where the
# masters of each are. pkgcheck looks for etc/portage above its own environment.
configure() {
  local repo
  rm -rf --one-file-system -- "$cache/repos"
  cp -R -- "$repos" "$cache/repos"
  mkdir -p -- "$cache/etc/portage"
  {
    printf '[DEFAULT]\nmain-repo = portage-stable\n'
    for repo in "$cache/repos"/*; do printf '[%s]\nlocation = %s\n' "${repo##*/}" "$repo"; done
  } >"$cache/etc/portage/repos.conf"
  ln -sfn -- "$cache/repos/coreos-overlay/profiles/coreos/amd64/sdk" "$cache/etc/portage/make.profile"
}

# Usage: scan REPO; fails, and shows what was found, if there is anything. Its exit code tells only of some findings.
scan() {
  local found
  found=$(env XDG_CACHE_HOME="$cache" XDG_CONFIG_HOME="$cache" "$cache/venv/bin/pkgcheck" scan --color false --repo "$1" 2>&1) ||
    die 1 "$1 cannot be scanned: $found"
  [[ -z $found ]] || die 1 "$1 has what pkgcheck would not have:"$'\n'"$found"
}

if ! stamp_is "$cache/stamp" "$(digest_of "$requirements")"; then install_pkgcheck; fi
configure
for repo in "$repos"/*; do scan "${repo##*/}"; done
