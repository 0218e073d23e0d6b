// Large trees of small files are read without leaving the thread: a turn of the event loop for each call takes six times as
// much CPU as the reading. So whoever reads them lets others have their turn, once a folder.

import { setImmediate } from 'node:timers/promises'

/** Lets signals and timers, and whatever else waits, have their turn. */
export const othersTurn = (): Promise<void> => setImmediate()
