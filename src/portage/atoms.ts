// Atoms, as dependencies and lists of packages have them: which packages they name. Versions are not compared.

import { didYouMean } from '../sdk/nearest.js'
import { splitCpv } from './cpv.js'

/** An atom, as far as it says which package it means. */
export interface Atom {
  /** `category/name`. */
  readonly cp: string
  /** Without its sub-slot; undefined: any. */
  readonly slot: string | undefined
  /** It is one of several, any of which will do. */
  readonly isOneOf: boolean
}

/** No atom is longer; a root's database has whatever its stage has written there. */
const LONGEST = 4096

/** The package that an atom names; undefined for what is none (a set, a blocker, a USE condition). */
export function parseAtom(text: string): Omit<Atom, 'isOneOf'> | undefined {
  if (text.length > LONGEST) return undefined
  const [, operator = '', name = '', slot] =
    /^([<>=~]{0,2})([A-Za-z0-9_][\w+.-]*\/[A-Za-z0-9_*][\w+.*-]*)(?::([\w+.-]+)?[^[:]*)?(?:::[\w-]+)?(?:\[.*)?$/.exec(
      text,
    ) ?? []
  if (name === '') return undefined
  return { cp: operator === '' ? name : splitCpv(name.replace(/\*$/, '')).cp, slot }
}

/** The atoms of a dependency string whose USE conditions are settled, as Portage's package database has it. */
export function dependencyAtoms(text: string): Atom[] {
  const atoms: Atom[] = []
  const groups: boolean[] = []
  let isNextAny = false
  for (const word of text.split(/\s+/)) {
    if (word === '||') isNextAny = true
    else if (word === '(') {
      groups.push(isNextAny || groups.at(-1) === true)
      isNextAny = false
    } else if (word === ')') groups.pop()
    else {
      const atom = parseAtom(word)
      if (atom !== undefined) atoms.push({ ...atom, isOneOf: groups.at(-1) === true })
    }
  }
  return atoms
}

/** Whether a package is called so: by its name, with or without category and version. */
export function isCalled(cpv: string, asked: string): boolean {
  const { cp } = splitCpv(cpv)
  const name = (text: string): string => text.slice(text.indexOf('/') + 1)
  return asked.includes('/') ? [cp, cpv].includes(asked) : [name(cp), name(cpv)].includes(asked)
}

/** `; did you mean …?` for the names among `cpvs` that are nearest to `asked`, or nothing. */
export function nearPackages(asked: string, cpvs: readonly string[]): string {
  const names = cpvs.map((cpv) => splitCpv(cpv).cp)
  const known = asked.includes('/') ? names : names.map((cp) => cp.slice(cp.indexOf('/') + 1))
  return didYouMean(asked, [...new Set(known)])
}
