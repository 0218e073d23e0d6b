// Seeds that machines make, shared by what they are made of: of one key the first seed is everybody's, since each machine that made
// its own, on another day, would find nothing of what others have built upon theirs.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import { moveToFinalName } from '../../store/disk/atomic.js'
import { removeTree } from '../../store/disk/remove.js'
import { LEAST, requireSpace } from '../../store/disk/space.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import { compressionOf } from '../../store/layout.js'
import { type Believed, lookUp, pullFiles } from '../artefact.js'
import type { Careful } from '../careful.js'
import { bytesOf } from '../list.js'
import { subjectOf } from '../push.js'
import { auditArchive } from './audit-archive.js'
import { tagOf } from './kinds.js'

/** Where a seed is made, or is to be. */
export interface SeedPlace {
  /** Digest of what it is made of. */
  readonly key: string
  /** Its archive; in the folder of seeds. */
  readonly file: string
  /** The catalyst root. */
  readonly root: string
  /** What it is called there; else as its file. */
  readonly name?: string
  /** What is done where it cannot be had, in words. */
  readonly instead?: string
}

/** A seed that was taken. */
export interface TakenSeed {
  readonly sha256: string
  readonly bytes: number
  readonly signedBy: string
}

/** The seeds of a store, in a run. */
export class SharedSeeds {
  readonly #careful: Careful
  readonly writes: boolean

  constructor(careful: Careful, writes: boolean) {
    this.#careful = careful
    this.writes = writes
  }

  get name(): string {
    return this.#careful.name
  }

  /** What it has for `key`, if that is believed. @returns its digest, and who has signed it */
  async find(key: string, instead?: string): Promise<{ sha256: string; signedBy: string } | undefined> {
    const found = await this.#lookUp(key, instead)
    return found === undefined ? undefined : { sha256: subjectOf(found), signedBy: found.signedBy }
  }

  /** Takes the seed of `key` as `file`; undefined where there is none, and, with a warning, where it cannot be taken. */
  async take({ key, file, root, instead = INSTEAD }: SeedPlace): Promise<TakenSeed | undefined> {
    const found = await this.#lookUp(key, instead)
    if (found === undefined) return undefined
    const begin = performance.now()
    const taken = await this.#careful.attempt(instead, () => this.#pull(found, { file, root }))
    if (taken === undefined) return undefined
    const how = this.#careful.transferred({ bytes: taken.bytes, begin }, taken.signedBy)
    this.#careful.say(`the seed: taken from ${this.#careful.name}: ${how}`)
    return taken
  }

  /**
   * Puts the seed of `key` into it, if it is one to write to and has none.
   *
   * @param about for people: definition, distribution, architecture
   * @returns whether the store has another one of this key, which was first
   */
  async give(
    { key, file, root, name = path.basename(file) }: SeedPlace,
    { sha256, bytes, about }: { sha256: string; bytes: number; about: Readonly<Record<string, string>> },
  ): Promise<'first' | 'second' | 'unknown'> {
    if (!this.writes) {
      const there = await this.#lookUp(key, 'it stays that of here')
      return there === undefined ? 'unknown' : subjectOf(there) === sha256 ? 'first' : 'second'
    }
    const artefact = {
      tag: tagOf('seed', key),
      about: { kind: 'seed', ...about, time: new Date().toISOString() },
      files: [{ name, path: file, sha256, bytes }],
    }
    const pushed = await this.#careful.attempt('not put there', () => this.#careful.push(artefact, root))
    if (pushed?.outcome === 'pushed')
      this.#careful.say(`the seed: put into ${this.#careful.name}: ${formatBytes(pushed.bytes)}`)
    if (pushed === undefined) return 'unknown'
    if (pushed.outcome !== 'other') return 'first'
    // Of two at the very same time both are told of the other: one of them is there.
    const there = await this.#lookUp(key, 'it stays that of here')
    return there !== undefined && subjectOf(there) === sha256 ? 'first' : 'second'
  }

  #lookUp(key: string, instead = INSTEAD): Promise<Believed | undefined> {
    return this.#careful.attempt(instead, () => lookUp(this.#careful.store, tagOf('seed', key)))
  }

  async #pull(found: Believed, { file, root }: Pick<SeedPlace, 'file' | 'root'>): Promise<TakenSeed> {
    const { registry } = this.#careful.store
    await requireSpace(root, bytesOf(found) + LEAST.bytes, LEAST.inodes)
    const aside = await makeTemporary(root, 'store')
    try {
      const [archive, ...more] = await pullFiles(this.#careful.store, found, aside)
      if (archive === undefined || more.length > 0 || compressionOf(archive.name) !== compressionOf(file))
        throw new SdkError('SDK_CHAIN', `the store ${registry.reference.text}: ${found.tag} is not a seed`)
      await auditArchive(archive, registry)
      await moveToFinalName(archive.path, file)
      return { sha256: archive.sha256, bytes: archive.bytes, signedBy: found.signedBy }
    } finally {
      await removeTree(aside, root)
    }
  }
}

const INSTEAD = 'the seed is made here'
