// Gathers Portage's package database as the members of an archive pass by, and says who owns which file.

import { splitCpv } from '../portage/cpv.js'
import { contentsPaths } from '../toolchain/root/owners.js'
import { type LinkTarget, resolver } from '../toolchain/root/view.js'
import type { FileFacts, PackageFacts } from './facts.js'

const ENTRY = /^var\/db\/pkg\/([^/]+\/[^/]+)\/(SLOT|repository|USE|BUILD_TIME|CONTENTS)$/
/** Far above any package's; what is longer is not looked at. */
const LONGEST = 32 * 1024 * 1024

/** The files of the database that matter here, by package. */
export class PackageDatabase {
  readonly #entries = new Map<string, Map<string, string>>()
  /** As bytes, which lie outside of the heap: they are read once, for the files that differ. */
  readonly #contents: [cpv: string, contents: Buffer][] = []

  /** Whether the content of `path` is wanted. */
  static wants(path: string, size: number): boolean {
    return size <= LONGEST && path.startsWith('var/db/pkg/') && ENTRY.test(path)
  }

  /** Takes the content of a file that is wanted. */
  add(path: string, content: Buffer): void {
    const [, cpv = '', name = ''] = ENTRY.exec(path) ?? []
    const entry = this.#entries.get(cpv) ?? new Map<string, string>()
    this.#entries.set(cpv, entry)
    if (name === 'CONTENTS') this.#contents.push([cpv, content])
    else entry.set(name, content.toString('latin1').trim())
  }

  /** The packages, by name. @param origins by cpv, from a record */
  packages(origins: ReadonlyMap<string, string>): PackageFacts[] {
    return [...this.#entries.keys()].sort().map((cpv) => this.#package(cpv, origins.get(cpv)))
  }

  #package(cpv: string, origin: string | undefined): PackageFacts {
    const value = (name: string): string => this.#entries.get(cpv)?.get(name) ?? ''
    const use = value('USE').split(/\s+/)
    return {
      cpv,
      ...splitCpv(cpv),
      slot: value('SLOT'),
      repository: value('repository'),
      use: use.filter((flag) => flag !== '').sort(),
      buildTime: Number(value('BUILD_TIME')) || 0,
      origin,
    }
  }

  /**
   * Who owns `wanted`, files of the root with `files`. Folders above a file may be links there, as `/lib` is after usr-merge.
   * An entry of the database belongs to its package.
   */
  owners(files: ReadonlyMap<string, FileFacts>, wanted: ReadonlySet<string>): Map<string, string> {
    const canonical = resolver((path) => linkOf(files, path))
    const owners = new Map<string, string>()
    for (const path of wanted) {
      const cpv = /^var\/db\/pkg\/([^/]+\/[^/]+)(?:\/|$)/.exec(path)?.[1]
      if (cpv !== undefined) owners.set(path, cpv)
    }
    for (const [cpv, contents] of this.#contents)
      for (const path of contentsPaths(contents.toString('latin1'))) {
        const slash = path.lastIndexOf('/')
        const folder = slash <= 0 ? '/' : canonical(path.slice(0, slash), 40)
        const place = folder === undefined ? path : `${folder === '/' ? '' : folder}${path.slice(slash)}`
        if (wanted.has(place.slice(1))) owners.set(place.slice(1), cpv)
      }
    return owners
  }
}

function linkOf(files: ReadonlyMap<string, FileFacts>, path: string): LinkTarget {
  const facts = files.get(path.slice(1))
  if (facts?.type === 'symlink') return { target: facts.target }
  return facts === undefined ? 'missing' : 'other'
}
