// Reads dpkg's database of a root: which packages are installed, what they need, which files are theirs.

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** One installed package of a Debian-like distribution. */
export interface DebPackage {
  /** Name without the architecture. */
  name: string
  /** The distribution's full version, e.g. `1:1.2.13.dfsg-1`. */
  version: string
  /** The source package it was built from. */
  source: string
  /** Names it needs at run time, one list of alternatives per dependency (Depends and Pre-Depends). */
  depends: string[][]
  /** Virtual names that it provides. */
  provides: string[]
  /** Absolute paths as dpkg lists them, directories included. */
  files: string[]
}

/** Field values of one paragraph of a deb822 file, by lower-case name; continuation lines joined by newline. */
export function parseParagraph(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  let last = ''
  for (const line of text.split('\n')) {
    if (/^[ \t]/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon < 1) continue
    last = line.slice(0, colon).toLowerCase()
    fields.set(last, line.slice(colon + 1).trim())
  }
  return fields
}

/** `a (>= 1) | b, c:any` → `[['a', 'b'], ['c']]`: version limits and architectures are dropped (all of it is installed). */
export function parseDependencies(text: string): string[][] {
  return text
    .split(',')
    .map((group) => group.split('|').map((item) => item.trim().split(/[\s(:[]/)[0] ?? ''))
    .map((names) => names.filter((name) => name !== ''))
    .filter((names) => names.length > 0)
}

/** The packages that `root`'s dpkg database calls installed, sorted by name. */
export async function readDpkg(root: string): Promise<DebPackage[]> {
  const database = path.join(root, 'var/lib/dpkg')
  const status = await readFile(path.join(database, 'status'), 'utf8')
  const lists = new Set(await readdir(path.join(database, 'info')))
  const packages: DebPackage[] = []
  for (const text of status.split(/\n\n+/)) {
    const field = parseParagraph(text)
    const name = field.get('package')
    if (name === undefined || field.get('status') !== 'install ok installed') continue
    const list = [`${name}:${field.get('architecture')}.list`, `${name}.list`].find((file) => lists.has(file))
    packages.push({
      name,
      version: field.get('version') ?? '0',
      source: (field.get('source') ?? name).split(' ')[0] ?? name,
      depends: parseDependencies([field.get('depends'), field.get('pre-depends')].filter(Boolean).join(',')),
      provides: parseDependencies(field.get('provides') ?? '').flat(),
      files:
        list === undefined
          ? []
          : (await readFile(path.join(database, 'info', list), 'utf8')).split('\n').filter(Boolean),
    })
  }
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * The upstream part of a distribution's version as a Portage version (PMS 3.2): epoch, revision and repack marks
 * dropped, `~rc1` → `_rc1`; what fits no rule keeps its leading digits. `1:1.2.13.dfsg-1` → `1.2.13`.
 */
export function portageVersion(version: string): string {
  const upstream = version.replace(/^\d+:/, '').replace(/-[^-]*$/, '')
  const match = /^(\d+(?:\.\d+)*)([a-z](?![a-z]))?(?:[~.+_-]?(alpha|beta|pre|rc|p)\.?(\d+))?/.exec(upstream)
  if (match === null) return '0'
  const [, digits = '0', letter = '', suffix, number = ''] = match
  return `${digits}${letter}${suffix === undefined ? '' : `_${suffix}${number}`}`
}
