// The store as a run has it: what it offers, takes and is given, and that it may fail. Whatever is wrong with a registry, or with
// what is in it, is a warning, and the stage is built here; only two builds of one key that differ are an error.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { formatBytes } from '../events/measures.js'
import { readText } from '../files/read.js'
import type { FinishedStage } from '../stage/finished.js'
import type { RunSettings } from '../stage/plan/plan.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import { removeTree } from '../store/disk/remove.js'
import { makeTemporary } from '../store/disk/temporary.js'
import { sideFiles } from '../store/layout.js'
import { type Believed, lookUp, pullFiles, type Store } from './artefact.js'
import { LIMITS } from './client.js'
import { bytesOf } from './list.js'
import { pushArtefact, subjectOf } from './push.js'
import type { StoreReference } from './reference.js'
import { openTrust, type TrustRequest } from './signature.js'
import { sharedKey, stageArtefact, stageTag } from './stage.js'
import { takeStage, type Wanted } from './take.js'

/** What a run is told about the store. */
export interface StoreRequest extends TrustRequest {
  readonly reference: StoreReference
  /** Stages that are built are put into it. */
  readonly writes: boolean
}

/** How a stage is given. */
export interface Giving {
  readonly run: RunSettings
  /** Digest of the chain's first seed. */
  readonly firstSeed: string
  /** It was built just now. */
  readonly isNew: boolean
}

/** The store in a run. */
export interface SharedStore {
  /** What it has for `key`, if that is believed; asked once for each key. Never throws for what is wrong with it. */
  find(key: string): Promise<Believed | undefined>
  /** Takes it; undefined, with a warning, where that cannot be done. */
  take(believed: Believed, what: { run: RunSettings; wanted: Wanted }): Promise<FinishedStage | undefined>
  /**
   * Puts a finished stage that has a key into it, if it is one to write to.
   *
   * @throws SdkError SDK_VERIFY when it has other bytes under this key, and the stage is new; of an older one that is a warning
   */
  give(finished: FinishedStage, what: Giving): Promise<void>
}

/** A store that has nothing. */
const NO_STORE: SharedStore = {
  find: async () => undefined,
  take: async () => undefined,
  give: async () => undefined,
}

/**
 * Opens the store of a request; the registry is not asked for anything yet.
 *
 * @throws SdkError SDK_USAGE for keys that cannot be used
 */
export async function openSharedStore(
  request: StoreRequest | undefined,
  { emit, signal }: { emit: Emit; signal: AbortSignal | undefined },
): Promise<SharedStore> {
  if (request === undefined) return NO_STORE
  return new OfRun(await openStore(request, signal), { writes: request.writes, emit })
}

/** The store itself, for who asks it by hand; the registry is not asked for anything yet. @throws as {@link openSharedStore} */
export const openStore = async (request: StoreRequest, signal: AbortSignal | undefined): Promise<Store> => ({
  registry: { reference: request.reference, limits: LIMITS, signal },
  trust: await openTrust(request),
})

class OfRun implements SharedStore {
  readonly #store: Store
  readonly #writes: boolean
  readonly #emit: Emit
  readonly #found = new Map<string, Promise<Believed | undefined>>()
  /** The registry did not answer: it is not waited for again. */
  #isGone = false

  constructor(store: Store, { writes, emit }: { writes: boolean; emit: Emit }) {
    this.#store = store
    this.#writes = writes
    this.#emit = emit
  }

  find(key: string): Promise<Believed | undefined> {
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = this.#try('built here', () => lookUp(this.#store, stageTag(key)))
    this.#found.set(key, found)
    return found
  }

  async take(
    believed: Believed,
    what: { run: RunSettings; wanted: Wanted },
  ): Promise<FinishedStage | undefined> {
    const begin = performance.now()
    const taken = await this.#try('built here', () => takeStage(this.#store, believed, what))
    if (taken === undefined) return undefined
    const how = `${formatBytes(bytesOf(believed))} in ${((performance.now() - begin) / 1000).toFixed(1)} s, signed by ${believed.signedBy}`
    this.#say(`${what.wanted.stage}: taken from ${this.#name}: ${how}`)
    return taken
  }

  async give(finished: FinishedStage, { run, firstSeed, isNew }: Giving): Promise<void> {
    const { stage } = finished.record
    const key = sharedKey(finished.record)
    if (!this.#writes || key === undefined) return
    const there = await this.find(key)
    if (there !== undefined && subjectOf(there) === finished.record.output.sha256) return
    const pool = run.layout.carried(firstSeed)
    const pushed = await this.#try('not put there', async () =>
      pushArtefact(this.#store, await stageArtefact(finished, { key, pool }), run.layout.root),
    )
    if (pushed?.outcome === 'pushed')
      this.#say(`${stage}: put into ${this.#name}: ${formatBytes(pushed.bytes)}`)
    if (pushed?.outcome !== 'other') return
    const error = await this.#differs(finished, pushed.other, run)
    if (isNew) throw error
    this.#emit({ type: 'warning', message: error.message, ...hintOf(error) })
  }

  get #name(): string {
    return this.#store.registry.reference.text
  }

  #say(message: string): void {
    this.#emit({ type: 'info', message })
  }

  async #try<T>(instead: string, act: () => Promise<T>): Promise<T | undefined> {
    if (this.#isGone) return undefined
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof SdkError) || this.#store.registry.signal?.aborted === true) throw error
      this.#isGone = error.code === 'SDK_HOST'
      const more = this.#isGone ? '; the store is left alone for the rest of this run' : ''
      this.#emit({ type: 'warning', message: `${error.message}: ${instead}${more}`, ...hintOf(error) })
      return undefined
    }
  }

  /** Both records, since one key has two outputs: the one who looks into it needs them side by side. */
  async #differs({ record, output }: FinishedStage, other: Believed, run: RunSettings): Promise<SdkError> {
    const { stage } = record
    const file = path.join(run.layout.stageLog(stage), 'store.record.json')
    const kept = await this.#try('it is not known of what', () => this.#keepRecord(other, run, file))
    const theirs = subjectOf(other)
    return new SdkError(
      'SDK_VERIFY',
      `${stage} is not reproducible: ${output.path} has sha256 ${record.output.sha256}, and ${this.#name} has ${theirs} under the same key ${record.inputs.key}, signed by ${other.signedBy}`,
      {
        hint: `the records are ${sideFiles(output.path).record}${kept === true ? ` and ${file}` : ''}; \`compare\` says how two archives differ; what is in the store stays`,
        facts: { key: record.inputs.key, own: record.output.sha256, other: theirs, record: file },
      },
    )
  }

  /** All of the other artefact has to be fetched for it; that is worth it. */
  async #keepRecord(other: Believed, run: RunSettings, file: string): Promise<boolean> {
    const folder = await makeTemporary(run.layout.root, 'store')
    try {
      const files = await pullFiles(this.#store, other, folder)
      const record = files.find(({ name }) => name.endsWith('.record.json'))
      if (record === undefined) return false
      await mkdir(path.dirname(file), { recursive: true })
      await writeFileAtomic(file, await readText(record.path))
      return true
    } finally {
      await removeTree(folder, run.layout.root)
    }
  }
}

const hintOf = ({ hint }: SdkError): { hint?: string } => (hint === undefined ? {} : { hint })
