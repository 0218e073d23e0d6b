#!/usr/bin/env python3
"""Prints a package.mask that leaves of each package only the versions that are named.

Usage: carried-mask.py <LIST   a `category/package-version` a line

The repositories may have newer ones, which Portage would build instead (portage(5), "package.mask").
"""

import sys
from functools import cmp_to_key

from portage.versions import catpkgsplit, vercmp

versions = {}
for line in sys.stdin:
    category, name, version, revision = catpkgsplit(line.strip())
    text = version if revision == "r0" else f"{version}-{revision}"
    versions.setdefault(f"{category}/{name}", set()).add(text)
for package, carried in sorted(versions.items()):
    ordered = sorted(carried, key=cmp_to_key(vercmp))
    print(f"<{package}-{ordered[0]}\n>{package}-{ordered[-1]}")
