#!/usr/bin/env bash
# Makes a Debian package of what `npm pack` has made; the same tarball gives the same package.
# Usage: make-deb.sh TARBALL FOLDER; prints the file that is now in FOLDER
set -Eeuo pipefail

(($# == 2)) || {
  sed -n '2,3s/^# //p' "$0" >&2
  exit 2
}
tarball=$(readlink -f -- "$1")
mkdir -p -- "$2"
folder=$(readlink -f -- "$2")
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT

home=$root/usr/lib/bootstrap_sdk
mkdir -p -- "$home" "$root"/usr/{bin,share/man/man1,share/doc/bootstrap-sdk} "$root/DEBIAN"
tar -xf "$tarball" --strip-components=1 --no-same-owner --no-same-permissions -C "$home"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$home/package.json")

ln -s ../lib/bootstrap_sdk/bootstrap_sdk "$root/usr/bin/bootstrap_sdk"
gzip -9n -- "$home"/lib/man/*.1
mv -- "$home"/lib/man/*.1.gz "$root/usr/share/man/man1/"
rmdir -- "$home/lib/man"
install -D -m 0644 "$home/lib/completions/bootstrap_sdk.bash" "$root/usr/share/bash-completion/completions/bootstrap_sdk"
install -D -m 0644 "$home/lib/completions/_bootstrap_sdk" "$root/usr/share/zsh/vendor-completions/_bootstrap_sdk"
install -D -m 0644 "$home/lib/completions/bootstrap_sdk.fish" "$root/usr/share/fish/vendor_completions.d/bootstrap_sdk.fish"
cat -- "$home/LICENSE" "$home/lib/LICENSES.txt" >"$root/usr/share/doc/bootstrap-sdk/copyright"

# The rest of what it starts, it installs itself, or says that it is missing.
cat >"$root/DEBIAN/control" <<END
Package: bootstrap-sdk
Version: $version
Architecture: all
Maintainer: the authors of bootstrap_sdk <nobody@localhost>
Depends: nodejs (>= 20.19)
Recommends: zstd, mmdebstrap
Section: devel
Priority: optional
Description: bootstraps a Portage-based SDK from its predecessor
 Four stages, each built by real Portage from the tarball of the one before,
 isolated from the machine, with a record of what went in and what came out.
END
chmod -R u=rwX,go=rX -- "$root"
# The date that npm gives all files of a package; archives of Debian take none that is older than 1984.
export SOURCE_DATE_EPOCH=499162500
dpkg-deb --root-owner-group -Zxz --build "$root" "$folder" >&2
printf '%s\n' "$folder/bootstrap-sdk_${version}_all.deb"
