// What a run puts into the shared store, beside what it does: one after the other, and never waited for by a stage. A run does not end
// before all of it is there.

import { setImmediate } from 'node:timers/promises'
import { SdkError, withOther } from '../errors.js'
import type { Emit } from '../events/event.js'

/** Uploads of a run. */
export class Uploads {
  readonly #emit: Emit
  #last: Promise<void> = Promise.resolve()
  #pending = 0
  readonly #errors: unknown[] = []

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** Does `act` when those before it have ended. What goes wrong with a registry is a warning of its own; an error is kept. */
  add(act: () => Promise<void>): void {
    this.#pending += 1
    this.#last = this.#last
      .then(act)
      .catch((error: unknown) => void this.#errors.push(error))
      .finally(() => {
        this.#pending -= 1
      })
  }

  async #all(): Promise<void> {
    // Where there is nothing to do, it is done by then.
    await setImmediate()
    if (this.#pending > 0)
      this.#emit({ type: 'info', message: 'what was built is still being put into the store' })
    await this.#last
  }

  /** Waits for all. @throws what the first that failed did: two builds of one key that differ, say */
  async done(): Promise<void> {
    await this.#all()
    if (this.#errors.length > 0) throw this.#errors[0]
  }

  /**
   * Waits for all, in a run that has failed.
   *
   * @returns the error of the run, which names the first of an upload too
   */
  async causeOf(error: unknown): Promise<unknown> {
    await this.#all()
    const [own] = this.#errors
    if (!(error instanceof SdkError) || !(own instanceof SdkError)) return error
    return withOther(error, 'and an earlier stage', own)
  }
}
