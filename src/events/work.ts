// Tells of work that takes long how many bytes of it are done: once a second, and nothing of what is over before that.

import { statSync } from 'node:fs'
import type { Emit, Fact } from './event.js'

type Progress = Extract<Fact, { type: 'work-progress' }>

/** What is worked upon, and who is told. */
export interface WatchedWork extends Pick<Progress, 'work' | 'name' | 'stage'> {
  /** Nobody: nothing is told. */
  readonly emit: Emit | undefined
  /** Bytes in all, or about so many. */
  readonly bytes?: number | undefined
  /** Bytes that are done; undefined: not known now. Asked once a second. */
  readonly done: () => number | undefined
}

const EVERY_MS = 1000

/** Does `act`, and tells meanwhile how far it is. */
export async function tellWork<T>(work: WatchedWork, act: () => Promise<T>): Promise<T> {
  const end = beginWork(work)
  try {
    return await act()
  } finally {
    end()
  }
}

/** Tells how far a work is, until what is returned is called: for what is no single call. */
export function beginWork({ emit, done, ...what }: WatchedWork): () => void {
  if (emit === undefined) return () => {}
  const begin = performance.now()
  let last: number | undefined
  const tell = (more: Pick<Progress, 'ended'>): void => {
    // A program that has ended says nothing any more.
    last = done() ?? last
    if (last === undefined) return
    const durationMs = Math.round(performance.now() - begin)
    emit({ type: 'work-progress', ...what, done: last, durationMs, ...more })
  }
  const timer = setInterval(() => tell({}), EVERY_MS).unref()
  return () => {
    clearInterval(timer)
    if (last !== undefined) tell({ ended: true })
  }
}

/** How many bytes a file has that is being written. */
export const sizeOf = (file: string) => (): number | undefined =>
  statSync(file, { throwIfNoEntry: false })?.size
