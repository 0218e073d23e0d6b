#!/usr/bin/env python3
"""Prints, as JSON, the distfiles of the packages that a pretended emerge would build from source.

Usage: distfiles.py FILE   (the output of `emerge --pretend`)
The list and its digests are Portage's own: SRC_URI with mirror:// names unresolved, and the Manifests.
"""

import json
import re
import sys

import portage
import portage.dep

LINE = re.compile(r"^\[ebuild[^]]*\] (?P<cpv>[^\s:]+)(?P<rest>\S*)")


def sources(cpv, repo):
    """The distfiles of one ebuild, with size, digests and places."""
    portdb = portage.portdb
    ebuild, tree = portdb.findname2(cpv, myrepo=repo)
    manifest = portdb.repositories.get_repo_for_location(tree).load_manifest(ebuild.rsplit("/", 1)[0], None)
    words = portdb.aux_get(cpv, ["RESTRICT"], mytree=tree)[0]
    # Only what holds whatever the USE flags are; the rest says nothing about where a file is.
    unconditional = portage.dep.use_reduce(words, matchnone=True, flat=True)
    restrict = [word for word in ("fetch", "mirror", "primaryuri") if word in unconditional]
    digests = manifest.getTypeDigests("DIST")
    for name, places in portdb.getFetchMap(cpv, mytree=tree).items():
        known = digests.get(name)
        if known is None:
            sys.exit(f"{cpv}: {name} is not in the Manifest of {repo}")
        yield {
            "name": name,
            "package": str(cpv),
            "size": int(known["size"]),
            "digests": {key: value for key, value in known.items() if key != "size"},
            "uris": list(places),
            "restrict": restrict,
        }


def main():
    """Reads the pretended merges and prints their distfiles, each file once."""
    found = {}
    with open(sys.argv[1], encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = LINE.match(line)
            if match is None:
                continue
            repo = match["rest"].rpartition("::")[2] or portage.portdb.repositories.mainRepo().name
            for item in sources(match["cpv"], repo):
                found[item["name"]] = item
    print(json.dumps({"distfiles": sorted(found.values(), key=lambda item: item["name"])}))


main()
