#!/usr/bin/env python3
"""Prints, as JSON, the distfiles of the packages that a pretended emerge would build from source.

Usage: distfiles.py FILE   (the output of `emerge --pretend`)
The list and its digests are Portage's own: SRC_URI with mirror:// names unresolved, the Manifests, the profile's mirrors.
"""

import json
import re
import sys

import portage
import portage.checksum
import portage.dep
from portage.package.ebuild.digestcheck import digestcheck

LINE = re.compile(r"^\[(?P<kind>ebuild|binary)[^]]*\] +(?P<cpv>[^\s:]+)(?P<rest>\S*)(?P<more>.*)")
# What --verbose says of flags: USE="a -b (c) d*" and PYTHON_TARGETS="python3_11 -python3_12".
FLAGS = re.compile(r'\b(?P<variable>[A-Z][A-Z0-9_]*)="(?P<words>[^"]*)"')


# The hashes of which Portage takes any one.
VERIFIABLE = set(portage.checksum.get_valid_checksum_keys()) - {"size"}


def flags(cpv, more):
    """The flags that the merge has: those of the configuration, as the line says otherwise."""
    settings = portage.config(clone=portage.settings)
    settings.setcpv(cpv, mydb=portage.portdb)
    on = set(settings["PORTAGE_USE"].split())
    for match in FLAGS.finditer(more):
        prefix = "" if match["variable"] == "USE" else f"{match['variable'].lower()}_"
        for word in match["words"].split():
            name = word.strip("(){}*%")
            (on.discard if name.startswith("-") else on.add)(prefix + name.lstrip("-").rstrip("*%"))
    return on


def sources(cpv, repo, more, problems):
    """The distfiles of one merge, with size, digests and places: those that its USE flags ask for."""
    portdb = portage.portdb
    ebuild, tree = portdb.findname2(cpv, myrepo=repo)
    manifest = portdb.repositories.get_repo_for_location(tree).load_manifest(ebuild.rsplit("/", 1)[0], None)
    words = portdb.aux_get(cpv, ["RESTRICT"], mytree=tree)[0]
    # Only what holds whatever the USE flags are; the rest says nothing about where a file is.
    unconditional = portage.dep.use_reduce(words, matchnone=True, flat=True)
    restrict = [word for word in ("fetch", "mirror", "primaryuri") if word in unconditional]
    digests = manifest.getTypeDigests("DIST")
    for name, places in portdb.getFetchMap(cpv, useflags=flags(cpv, more), mytree=tree).items():
        known = digests.get(name)
        if known is None or not VERIFIABLE.intersection(known):
            file = f"{ebuild.rsplit('/', 1)[0]}/Manifest"
            said = "no entry" if known is None else f"no digest that Portage can check, only {' '.join(sorted(set(known) - {'size'}))}"
            problems.append(f"{cpv}::{repo}: {file} has {said} for {name}")
            continue
        yield {
            "name": name,
            "package": f"{cpv}::{repo}",
            "size": int(known["size"]),
            "digests": {key: value for key, value in known.items() if key in VERIFIABLE},
            "uris": list(places),
            "restrict": restrict,
        }


def verify(packages):
    """Ends like the emerge that would merge them, before the first is built, if a Manifest has other digests of a repo's files."""
    settings = portage.config(clone=portage.settings)
    if "strict" not in settings.features:
        return
    settings["PORTAGE_QUIET"] = "1"
    folders = dict.fromkeys(portage.portdb.findname(cpv, myrepo=repo).rpartition("/")[0] for cpv, repo in packages)
    wrong = []
    for folder in folders:
        settings["O"] = folder
        if not digestcheck([], settings, strict=True):
            wrong.append(folder)
    if wrong:
        sys.exit(f"!!! {', '.join(wrong)}: the Manifest does not fit; `ebuild FILE manifest` makes it anew")


def main():
    """Reads the pretended merges and prints their distfiles, each file once."""
    found = []
    problems = []
    packages = []
    with open(sys.argv[1], encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = LINE.match(line)
            if match is None or match["kind"] == "binary":
                continue
            repo = match["rest"].rpartition("::")[2] or portage.portdb.repositories.mainRepo().name
            packages.append((match["cpv"], repo))
            for item in sources(match["cpv"], repo, match["more"], problems):
                # A package may be merged twice; two packages may mean two files by one name.
                if item not in found:
                    found.append(item)
    verify(packages)
    # The profile's own: the stage's environment hides the rest, and Portage's global ones are nobody's choice.
    mirrors = portage.settings.configdict["defaults"].get("GENTOO_MIRRORS", "").split()
    found.sort(key=lambda item: (item["name"], item["package"]))
    print(json.dumps({"distfiles": found, "mirrors": mirrors, "problems": problems}))


if __name__ == "__main__":
    main()
