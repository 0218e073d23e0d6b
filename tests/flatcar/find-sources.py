#!/usr/bin/env python3
"""Finds sources of a checkout's ebuilds in the source pools of this machine's distribution, and downloads them.

Usage: find-sources.py THIRD_PARTY STATE TARGET   (the folder of the two repos; apt's private state; where files go)
A pool's file is a candidate when its size is that of a Manifest's entry and its name has the entry's version. It counts
when its BLAKE2B or SHA512 is the Manifest's; then it is linked to TARGET under the entry's name. What suites there are beside
the machine's own is said by SUITES, separated by blanks.
"""

import collections
import glob
import hashlib
import os
import re
import subprocess
import sys

SUITES = os.environ.get("SUITES", "bullseye bookworm trixie forky sid").split()
LARGEST = 20_000_000


def apt(*words, state):
    """Runs apt-get with a private state."""
    options = {"Dir::Etc::sourcelist": f"{state}/sources", "Dir::Etc::sourceparts": "/dev/null",
               "Dir::State": state, "Dir::Cache": f"{state}/cache"}
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(["apt-get", *flags, *words], check=True, stdout=subprocess.DEVNULL)


def own_archive():
    """Address and keyring of the distribution's main archive, as apt on this machine has them."""
    form = "$(REPO_URI)|$(SUITE)|$(CODENAME)|$(SIGNED_BY)"
    text = subprocess.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
                          check=True, capture_output=True, text=True).stdout
    rows = [line.split("|") for line in text.splitlines()]
    own = [row for row in rows if row[2] in SUITES]
    if not own:
        sys.exit("apt on this machine knows no suite of " + " ".join(SUITES))
    return own[0][0].rstrip("/"), own[0][3]


def pool(state, base, keyring):
    """The upstream files of all suites, by their size."""
    for folder in ("lists/partial", "cache/archives/partial"):
        os.makedirs(f"{state}/{folder}", exist_ok=True)
    with open(f"{state}/sources", "w", encoding="utf-8") as file:
        signed = f"[signed-by={keyring}] " if keyring.startswith("/") else ""
        file.writelines(f"deb-src {signed}{base} {suite} main\n" for suite in SUITES)
    apt("update", state=state)
    found = collections.defaultdict(set)
    for name in glob.glob(f"{state}/lists/*Sources*"):
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", name], check=True, capture_output=True, text=True).stdout
        for entry in text.split("\n\n"):
            folder = re.search(r"^Directory: (.*)$", entry, re.M)
            sums = re.search(r"^Checksums-Sha256:\n((?: .*\n?)+)", entry, re.M)
            for line in sums.group(1).splitlines() if folder and sums else []:
                digest, size, file = line.split()
                if ".orig" in file and not file.endswith(".asc"):
                    found[int(size)].add((f"{folder.group(1)}/{file}", digest))
    return found


def entries(repos):
    """The DIST entries of all Manifests: name, size, digests."""
    for manifest in glob.glob(f"{repos}/*/*/*/Manifest"):
        with open(manifest, encoding="utf-8") as lines:
            for word in (line.split() for line in lines):
                if len(word) > 4 and word[0] == "DIST" and 2000 < int(word[2]) < LARGEST:
                    yield word[1], int(word[2]), dict(zip(word[3::2], word[4::2]))


def fits(name, path):
    """Whether the file in the pool may be of the entry's version."""
    versions = [each.replace(".", "") for each in re.findall(r"\d[\d.]*\d", name)]
    return any(version in os.path.basename(path).replace(".", "") for version in versions)


def holds(file, digests):
    """Whether the file is what the Manifest says."""
    with open(file, "rb") as stream:
        data = stream.read()
    return (hashlib.blake2b(data).hexdigest() == digests.get("BLAKE2B")
            or hashlib.sha512(data).hexdigest() == digests.get("SHA512"))


def main():
    """Goes through all entries; prints the names that were found."""
    repos, state, target = sys.argv[1:4]
    os.makedirs(f"{state}/files", exist_ok=True)
    base, keyring = own_archive()
    sources = pool(state, base, keyring)
    for name, size, digests in sorted(entries(repos), key=lambda entry: entry[0]):
        place = os.path.join(target, name)
        if os.path.exists(place) and not holds(place, digests):
            os.remove(place)
        for path, digest in sorted(sources.get(size, ())) if not os.path.exists(place) else ():
            if not fits(name, path):
                continue
            file = os.path.join(state, "files", digest)
            if not os.path.exists(file):
                subprocess.run(["/usr/lib/apt/apt-helper", "download-file", f"{base}/{path}", file, f"SHA256:{digest}"],
                               check=False, capture_output=True)
            if os.path.exists(file) and holds(file, digests):
                os.link(file, place)
                break
        if os.path.exists(place):
            print(name)


main()
