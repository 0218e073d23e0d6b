// Which binary packages of a folder may have been built with others of it. Nothing of it goes by their times: a clock can be set.

import { splitCpv } from './cpv.js'
import type { IndexEntry } from './package-index.js'

/** What all is compiled and linked with, though no ebuild says so: Gentoo's implicit dependencies. Not those of a target. */
const TOOLCHAIN = /^(?!cross-)[^/]+\/(?:binutils|gcc|glibc|linux-headers|musl)$/

/** The dependencies that Portage's index has, each kind on a line (USE conditions are evaluated there). */
const DEPENDENCIES = /^(?:BDEPEND|DEPEND|IDEPEND|RDEPEND): (.*)$/gm

/**
 * The packages of `entries` that may have something in them of the packages `edited` (category/name): they depend on one,
 * directly or through others, or one is the toolchain, or part of the toolchain of the same target. One that was built before it
 * counts too: BUILD_TIME would tell which, but a clock that was set back between them turns the two round.
 */
export function builtWith(entries: readonly IndexEntry[], edited: ReadonlySet<string>): IndexEntry[] {
  const rest = new Map(entries.map((entry) => [entry, factsOf(entry)]))
  const found: IndexEntry[] = []
  let added = [...rest.values()].filter(({ cp }) => edited.has(cp))
  while (added.length > 0) {
    const next: Facts[] = []
    for (const [entry, facts] of rest) {
      if (edited.has(facts.cp) || !added.some((each) => uses(facts, each))) continue
      rest.delete(entry)
      found.push(entry)
      next.push(facts)
    }
    added = next
  }
  return found
}

interface Facts {
  readonly cp: string
  readonly needs: ReadonlySet<string>
}

function factsOf({ cpv, text }: IndexEntry): Facts {
  const words = [...text.matchAll(DEPENDENCIES)].flatMap(([, line = '']) => line.split(/\s+/))
  return {
    cp: splitCpv(cpv).cp,
    needs: new Set(words.flatMap(packageOf)),
  }
}

/** `category/name` of an atom; of a blocker, and of what is none, nothing. */
function packageOf(word: string): string[] {
  const atom = /^(?:[<>]=?|[=~])?([^!<>=~:[/]+\/[^:[]+)/.exec(word)?.[1]
  if (atom === undefined) return []
  return [/^[<>=~]/.test(word) ? splitCpv(atom.replace(/\*$/, '')).cp : atom]
}

/** A compiler of a target does not name the C library that its own libraries are built for: that would be a circle. */
const uses = (one: Facts, other: Facts): boolean =>
  one.needs.has(other.cp) || TOOLCHAIN.test(other.cp) || isOfOneTarget(one.cp, other.cp)

const isOfOneTarget = (a: string, b: string): boolean =>
  a.startsWith('cross-') && a.split('/')[0] === b.split('/')[0]
