#!/usr/bin/env python3
"""Prints, as JSON, the live packages that a pretended emerge would build, and what each would fetch.

Usage: live.py FILE [DISTFILES]   (the output of `emerge --pretend`; where to write what distfiles.py prints: Portage is
loaded once for both)

A package is live by Portage's own metadata: PROPERTIES, and the eclasses that it inherits. What it fetches is told by its
src_unpack, which is run with the functions of git-r3.eclass stood in for (live.bash): nothing is fetched.
"""

import contextlib
import json
import os
import shutil
import sys
import warnings

import distfiles
import portage
from distfiles import LINE, flags
from portage.package.ebuild.doebuild import _spawn_phase, doebuild_environment
from portage.package.ebuild.prepare_build_dirs import prepare_build_dirs

try:
    from portage.util.locale import split_LC_ALL
except ImportError:  # Portage before 3.0.62

    def split_LC_ALL(_settings):
        """This Portage does so by itself."""


# Eclasses that fetch while a package is built, of Gentoo's repository now and before; "git-2" and "git" are older than git-r3.
VCS = {"git-r3", "git-2", "git", "mercurial", "subversion", "bzr", "cvs", "darcs", "fossil", "monotone", "golang-vcs", "tla"}
PLACE = "/var/tmp/live"
# Of returnpid, which older ones have alone.
warnings.simplefilter("ignore", UserWarning)
LOGS = "/var/log/portage/live"
KEYS = ("commit", "branch", "date", "cloneType", "minCloneType", "lfs", "mirror", "instead")


def records(name):
    """What src_unpack has noted: lists of words."""
    if not os.path.exists(name):
        return
    with open(name, encoding="utf-8", errors="replace") as file:
        words = file.read().split("\0")
    while len(words) > 1:
        count = int(words[0])
        yield words[1 : count + 1]
        words = words[count + 1 :]


def fetch(words):
    """A call of git-r3_fetch."""
    facts = dict(zip(KEYS, words))
    has, count, rest = words[len(KEYS)], int(words[len(KEYS) + 1]), words[len(KEYS) + 2 :]
    instead = facts.pop("instead").split()
    uris = instead or rest[count:]
    # The folder is named by the ebuild's own first place, whatever is set in its place.
    return {**facts, "name": rest[count] if len(rest) > count else "", "uris": uris, **({"submodules": rest[:count]} if has == "yes" else {})}


def run(phase, settings, log):
    """Runs one phase of an ebuild to its end."""
    pipes = {0: 0, 1: log.fileno(), 2: log.fileno()}
    (pid,) = _spawn_phase(phase, settings, returnpid=True, fd_pipes=pipes)
    return os.waitpid(pid, 0)[1] == 0


def ask(cpv, ebuild, more):
    """Runs setup and src_unpack; returns what was noted, and whether src_unpack came to its end."""
    settings = portage.config(clone=portage.settings)
    settings.setcpv(cpv, mydb=portage.portdb)
    doebuild_environment(ebuild, "unpack", settings=settings, db=portage.portdb)
    settings["PORTAGE_USE"] = " ".join(sorted(flags(cpv, more)))
    split_LC_ALL(settings)
    prepare_build_dirs(settings=settings, cleanup=True)
    os.makedirs(settings["WORKDIR"], exist_ok=True)
    settings["LIVE_RECORD"] = f"{PLACE}/record"
    settings["LIVE_BASHRC"] = settings["PORTAGE_BASHRC"]
    settings["PORTAGE_BASHRC"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "live.bash")
    # Emerge's own lines would count as those of a merge.
    name = f"{LOGS}/{cpv.replace('/', ':')}.log"
    with open(name, "wb") as log:
        # What pkg_setup wants may not be there yet: then src_unpack begins without it.
        if not run("setup", settings, log):
            shutil.rmtree(settings["T"])
            os.makedirs(settings["T"])
        ended = run("unpack", settings, log)
    shutil.rmtree(settings["PORTAGE_BUILDDIR"], ignore_errors=True)
    return list(records(settings["LIVE_RECORD"])), ended, name


def describe(cpv, repo, more):
    """A package as the engine wants it, or None if it is not live."""
    ebuild, tree = portage.portdb.findname2(cpv, myrepo=repo)
    if ebuild is None:
        return None
    inherited, properties = (text.split() for text in portage.portdb.aux_get(cpv, ["INHERITED", "PROPERTIES"], mytree=tree))
    eclasses = sorted(VCS.intersection(inherited))
    if not eclasses and "live" not in properties:
        return None
    facts = {"package": cpv, "repo": repo, "eclasses": eclasses, "git": [], "network": [], "complete": True}
    if eclasses == ["git-r3"]:
        os.makedirs(PLACE, exist_ok=True)
        os.makedirs(LOGS, exist_ok=True)
        noted, ended, facts["log"] = ask(cpv, ebuild, more)
        shutil.rmtree(PLACE)
        facts["git"] = [fetch(words[1:]) for words in noted if words[0] == "git"]
        facts["network"] = [words[1] for words in noted if words[0] == "network"]
        facts["complete"] = ended
    return facts


def main():
    """Reads the pretended merges, those from binary packages too: whether one still serves depends on the commit."""
    found = {}
    with open(sys.argv[1], encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = LINE.match(line)
            if match is None:
                continue
            cpv = match["cpv"]
            # A binary package's name has its BUILD_ID behind it.
            if portage.catpkgsplit(cpv) is None:
                cpv = cpv.rpartition("-")[0]
            if cpv in found:
                continue
            repo = match["rest"].rpartition("::")[2] or portage.portdb.repositories.mainRepo().name
            facts = describe(cpv, repo, match["more"])
            if facts is not None:
                found[cpv] = {**facts, "binary": match["kind"] == "binary"}
    print(json.dumps({"live": list(found.values())}))
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            distfiles.main()


main()
