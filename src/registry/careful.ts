// The store as one that may fail: whatever is wrong with a registry, or with what is in it, is a warning, and the run does without.

import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { formatBytes } from '../events/measures.js'
import { type Believed, lookUpWhole, type Store } from './artefact.js'
import { type Artefact, type Pushed, pushArtefact, replaceArtefact, subjectOf } from './push.js'

/** A store, and a run that goes on without it. */
export class Careful {
  readonly store: Store
  readonly #emit: Emit
  /** The registry did not answer: it is not waited for again. */
  #isGone = false
  /** Digests of artefacts of which something was missing when they were to be pulled. */
  readonly #removed = new Set<string>()

  constructor(store: Store, emit: Emit) {
    this.store = store
    this.#emit = emit
  }

  get name(): string {
    return this.store.registry.reference.text
  }

  /** Whether this run has found an artefact not to be all there: who has made the same puts it there again. */
  isWhole({ digest }: Believed): boolean {
    return !this.#removed.has(digest)
  }

  /** As `pushArtefact`; what is there of the same, and is not all there, is put there again. */
  async push(artefact: Artefact, root: string): Promise<Pushed> {
    const there = this.#removed.size === 0 ? undefined : await lookUpWhole(this.store, artefact.tag)
    const isSame = there !== undefined && subjectOf(there) === artefact.files[0]?.sha256
    return isSame && !this.isWhole(there)
      ? await replaceArtefact(this.store, artefact, root)
      : await pushArtefact(this.store, artefact, root)
  }

  say(message: string): void {
    this.#emit({ type: 'info', message })
  }

  /** What was transferred, how long it took, and whose it is. @param begin as of performance.now() */
  transferred({ bytes, begin }: { bytes: number; begin: number }, signedBy: string): string {
    return `${formatBytes(bytes)} in ${((performance.now() - begin) / 1000).toFixed(1)} s, signed by ${signedBy}`
  }

  /** An error as a warning. */
  warn(error: SdkError, more = ''): void {
    const { message, hint } = error
    this.#emit({ type: 'warning', message: `${message}${more}`, ...(hint === undefined ? {} : { hint }) })
  }

  /** @returns undefined, with a warning that ends with `instead`, where it cannot be done */
  async attempt<T>(instead: string, act: () => Promise<T>): Promise<T | undefined> {
    if (this.#isGone) return undefined
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof SdkError) || this.store.registry.signal?.aborted === true) throw error
      this.#isGone = error.code === 'SDK_HOST'
      if (typeof error.facts.removed === 'string') this.#removed.add(error.facts.removed)
      const more = this.#isGone ? '; the store is left alone for the rest of this run' : ''
      this.warn(error, `: ${instead}${more}`)
      return undefined
    }
  }
}
