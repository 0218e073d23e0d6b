// The store as a run has it: what it offers, takes and is given. What is wrong with it is a warning (careful.ts), and the stage is
// built here; only two builds of one key that differ are an error.

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
import { Careful } from './careful.js'
import { LIMITS } from './client.js'
import { SharedPackages } from './kinds/packages.js'
import { SharedSeeds } from './kinds/seeds.js'
import { sharedKey, stageArtefact, stageTag } from './kinds/stage.js'
import { type Proving, takeProofs, takeStage, type WantedStage } from './kinds/take.js'
import { bytesOf } from './list.js'
import { subjectOf } from './push.js'
import type { StoreReference } from './reference.js'
import { openTrust, type TrustRequest } from './signature.js'

/** What a run is told about the store. */
export interface StoreRequest extends TrustRequest {
  readonly reference: StoreReference
  /** Stages that are built are put into it. */
  readonly writes: boolean
  /** Stages that are there are fetched: all that are asked for, or those that something is made of. */
  readonly takes: 'all' | 'needed'
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
  /** Seeds that machines make; undefined where there is no store. */
  readonly seeds: SharedSeeds | undefined
  /** Binary packages of stages that are built. */
  readonly packages: SharedPackages | undefined
  /** What it has for `key`, if that is believed; asked once for each key. Never throws for what is wrong with it. */
  find(key: string): Promise<Believed | undefined>
  /** Takes it; undefined, with a warning, where that cannot be done. */
  take(
    believed: Believed,
    what: { run: RunSettings; wanted: WantedStage },
  ): Promise<FinishedStage | undefined>
  /** Takes the proofs of a stage whose archive stays there; whether that could be done, with a warning where not. */
  takeProofs(believed: Believed, what: Proving): Promise<boolean>
  /**
   * Puts a finished stage that has a key into it, if it is one to write to.
   *
   * @throws SdkError SDK_VERIFY when it has other bytes under this key, and the stage is new; of an older one that is a warning
   */
  give(finished: FinishedStage, what: Giving): Promise<void>
}

/** A store that has nothing. */
const NO_STORE: SharedStore = {
  seeds: undefined,
  packages: undefined,
  find: async () => undefined,
  take: async () => undefined,
  takeProofs: async () => false,
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
  return new OfRun(new Careful(await openStore(request, { emit, signal }), emit), request.writes)
}

/** The store itself, for who asks it by hand; the registry is not asked for anything yet. @throws as {@link openSharedStore} */
export const openStore = async (
  request: StoreRequest,
  how: { emit: Emit; signal: AbortSignal | undefined },
): Promise<Store> => ({
  registry: {
    ...{ reference: request.reference, limits: LIMITS, environment: request.environment },
    ...how,
  },
  trust: await openTrust(request),
})

class OfRun implements SharedStore {
  readonly seeds: SharedSeeds
  readonly packages: SharedPackages
  readonly #careful: Careful
  readonly #writes: boolean
  readonly #found = new Map<string, Promise<Believed | undefined>>()

  constructor(careful: Careful, writes: boolean) {
    this.#careful = careful
    this.#writes = writes
    this.seeds = new SharedSeeds(careful, writes)
    this.packages = new SharedPackages(careful, writes)
  }

  find(key: string): Promise<Believed | undefined> {
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = this.#careful.attempt('built here', () => lookUp(this.#careful.store, stageTag(key)))
    this.#found.set(key, found)
    return found
  }

  async take(
    believed: Believed,
    what: { run: RunSettings; wanted: WantedStage },
  ): Promise<FinishedStage | undefined> {
    const begin = performance.now()
    const taken = await this.#careful.attempt('built here', () =>
      takeStage(this.#careful.store, believed, what),
    )
    if (taken === undefined) return undefined
    const how = this.#careful.transferred({ bytes: bytesOf(believed), begin }, believed.signedBy)
    this.#careful.say(`${what.wanted.stage}: taken from ${this.#careful.name}: ${how}`)
    return taken
  }

  async takeProofs(believed: Believed, what: Proving): Promise<boolean> {
    const taken = await this.#careful.attempt('all of the stage is had', async () => {
      await takeProofs(this.#careful.store, believed, what)
      return true
    })
    return taken === true
  }

  async give(finished: FinishedStage, { run, firstSeed, isNew }: Giving): Promise<void> {
    const { stage } = finished.record
    const key = sharedKey(finished.record)
    if (!this.#writes || key === undefined) return
    const there = await this.find(key)
    const isThere = there !== undefined && this.#careful.isWhole(there)
    if (isThere && subjectOf(there) === finished.record.output.sha256) return
    const pool = run.layout.carried(firstSeed)
    const pushed = await this.#careful.attempt('not put there', async () =>
      this.#careful.push(await stageArtefact(finished, { key, pool }), run.layout.root),
    )
    if (pushed?.outcome === 'pushed')
      this.#careful.say(`${stage}: put into ${this.#careful.name}: ${formatBytes(pushed.bytes)}`)
    if (pushed?.outcome !== 'other') return
    const error = await this.#differs(finished, pushed.other, run)
    if (isNew) throw error
    this.#careful.warn(error)
  }

  /** Both records, since one key has two outputs: the one who looks into it needs them side by side. */
  async #differs({ record, output }: FinishedStage, other: Believed, run: RunSettings): Promise<SdkError> {
    const { stage } = record
    const file = path.join(run.layout.stageLog(stage), 'store.record.json')
    const kept = await this.#careful.attempt('it is not known of what', () =>
      this.#keepRecord(other, run, file),
    )
    const theirs = subjectOf(other)
    return new SdkError(
      'SDK_VERIFY',
      `${stage} is not reproducible: ${output.path} has sha256 ${record.output.sha256}, and ${this.#careful.name} has ${theirs} under the same key ${record.inputs.key}, signed by ${other.signedBy}`,
      {
        hint: `the records are ${sideFiles(output.path).record}${kept === true ? ` and ${file}` : ''}; \`compare\` says how two archives differ; what is in the store stays`,
        facts: { key: record.inputs.key, own: record.output.sha256, other: theirs, record: file },
      },
    )
  }

  async #keepRecord(other: Believed, run: RunSettings, file: string): Promise<boolean> {
    const folder = await makeTemporary(run.layout.root, 'store')
    try {
      const isWanted = (name: string): boolean => name.endsWith('.record.json')
      const [record] = await pullFiles(this.#careful.store, { ...other, isWanted }, folder)
      if (record === undefined) return false
      await mkdir(path.dirname(file), { recursive: true })
      await writeFileAtomic(file, await readText(record.path))
      return true
    } finally {
      await removeTree(folder, run.layout.root)
    }
  }
}
