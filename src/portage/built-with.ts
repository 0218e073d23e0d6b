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
  const facts = new Map(entries.map((entry) => [entry, factsOf(entry)]))
  const users = usersOf(facts)
  const found = new Set<IndexEntry>()
  const names = [...facts.values()].flatMap(({ cp }) => (edited.has(cp) ? [cp, targetOf(cp)] : []))
  // Each name is gone through once, those that are added meanwhile too: the index may be a stage's, with chains as long as itself.
  const next = new Set(names)
  for (const name of next) {
    if (TOOLCHAIN.test(name)) return entries.filter((entry) => !edited.has(facts.get(entry)?.cp ?? ''))
    for (const entry of users.get(name) ?? []) {
      const { cp = '' } = facts.get(entry) ?? {}
      if (edited.has(cp)) continue
      found.add(entry)
      next.add(cp).add(targetOf(cp))
    }
  }
  return [...found]
}

/** By what packages need, and by the target that they are of: that is one word, without a slash. */
function usersOf(facts: ReadonlyMap<IndexEntry, Facts>): Map<string, IndexEntry[]> {
  const users = new Map<string, IndexEntry[]>()
  for (const [entry, { cp, needs }] of facts)
    for (const each of [...needs, targetOf(cp)]) {
      const others = users.get(each)
      if (others === undefined) users.set(each, [entry])
      else others.push(entry)
    }
  users.delete('')
  return users
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

/**
 * `cross-…`, of a package for a target, else nothing. A compiler of a target does not name the C library that its own libraries are
 * built for: that would be a circle. So those of one target count as built with each other.
 */
const targetOf = (cp: string): string => (cp.startsWith('cross-') ? (cp.split('/')[0] ?? '') : '')
