#!/usr/bin/env python3
"""Prints BOOTSTRAP_USE, then stage 1's packages: the profiles' packages.build, each entry with the version that `packages` gives it.

The stacking is Portage's own (portage(5), "packages.build"); that a name is replaced by the matching atom of `packages`
is catalyst's rule for stage 1.
"""

import portage
from portage.dep import Atom
from portage.util import grabfile_package, stack_lists

profiles = portage.settings.profiles
names = stack_lists(
    [grabfile_package(f"{profile}/packages.build", allow_wildcard=False) for profile in profiles], incremental=1
)
system = {atom.cp: str(atom) for atom in (Atom(str(text).lstrip("*")) for text in portage.settings.packages)}
# Not every profile has one.
print(" ".join(portage.settings.get("BOOTSTRAP_USE", "").split()))
for name in names:
    atom = Atom(str(name))
    print(system.get(atom.cp, str(atom)))
