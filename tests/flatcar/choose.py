#!/usr/bin/env python3
"""Chooses what stage 1 can build, in the root of the seed: prints JSON.

Usage: choose.py NAMES   (a file with the names of the sources that are there)
Chosen is a visible version of each package whose sources are all there with stage 1's USE. Everything else that an SDK
has installed is provided. What the distribution's tools cannot build (Python's build back ends, crates, Go modules) is left out,
and what needs a package that neither an SDK nor the checkout has.
"""

import json
import sys

import portage
from portage.dep import Atom, check_required_use, use_reduce
from portage.versions import cpv_getkey, cpv_sort_key

NOT_HERE = {"cargo", "distutils-r1", "go-module", "linux-mod-r1", "kernel-2"}


def bootstrap_use():
    """Stage 1's USE: what the profile's BOOTSTRAP_USE switches on, and build."""
    flags = portage.settings.get("BOOTSTRAP_USE", "").split()
    return {"build", *(flag for flag in flags if not flag.startswith("-"))}


def flags_of(cpv):
    """The flags that stage 1 gives this version."""
    settings = portage.config(clone=portage.settings)
    settings.setcpv(cpv, mydb=portage.portdb)
    known = {flag.lstrip("+-") for flag in portage.portdb.aux_get(cpv, ["IUSE"])[0].split()}
    return (bootstrap_use() | set(settings.useforce) & known) - set(settings.usemask)


def is_possible(cpv, there):
    """Whether all sources of this version are there, and its flags may be as they are."""
    inherited, required, eapi = portage.portdb.aux_get(cpv, ["INHERITED", "REQUIRED_USE", "EAPI"])
    if NOT_HERE & set(inherited.split()):
        return False
    on = flags_of(cpv)
    if required and not check_required_use(required, on, lambda _flag: True, eapi=eapi):
        return False
    names = set(portage.portdb.getFetchMap(cpv, useflags=on))
    return bool(names) and names <= there


def is_complete(cpv):
    """Whether all that this version needs is installed, or could be."""
    *needs, eapi = portage.portdb.aux_get(cpv, ["DEPEND", "BDEPEND", "RDEPEND", "PDEPEND", "EAPI"])
    # Lists are alternatives: one of them will do.
    atoms = use_reduce(" ".join(needs), uselist=flags_of(cpv), token_class=Atom, eapi=eapi)
    plain = {atom.without_use for atom in atoms if isinstance(atom, Atom) and not atom.blocker}
    installed = portage.db["/"]["vartree"].dbapi
    return all(installed.match(atom) or portage.portdb.xmatch("match-visible", atom) for atom in plain)


def main():
    """Prints the chosen and the provided packages."""
    with open(sys.argv[1], encoding="utf-8") as lines:
        there = {line.strip() for line in lines}
    chosen = {}
    for cp in portage.portdb.cp_all():
        for cpv in sorted(portage.portdb.xmatch("match-visible", cp), key=cpv_sort_key()):
            if is_possible(cpv, there) and is_complete(cpv):
                chosen[cp] = str(cpv)
    installed = portage.db["/"]["vartree"].dbapi.cpv_all()
    provided = [str(cpv) for cpv in installed if cpv_getkey(cpv) not in chosen]
    print(json.dumps({"chosen": sorted(chosen.values()), "provided": sorted(provided)}))


main()
