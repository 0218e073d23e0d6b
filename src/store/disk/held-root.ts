// Whether a catalyst root is still the folder that a run began in. A run works by paths, its stages by mounts: after somebody has
// moved the root away and another one there, the one would look at files that the other has not made.

import { statSync } from 'node:fs'
import { SdkError } from '../../errors.js'

/** Says what is wrong about a root now; undefined while it is the one that was held. */
export type HeldRoot = () => SdkError | undefined

/** @throws SdkError SDK_HOST when the root is not the one that was held */
export function requireHeld(heldRoot: HeldRoot): void {
  const problem = heldRoot()
  if (problem !== undefined) throw problem
}

/** Holds the folder `root`, which is there. */
export function holdRoot(root: string): HeldRoot {
  const identity = (): string | undefined => {
    try {
      const { dev, ino } = statSync(root)
      return `${dev}:${ino}`
    } catch {
      // Whatever it is that cannot be looked at is not what was held.
      return undefined
    }
  }
  const held = identity()
  return () => {
    const now = identity()
    if (now === held) return undefined
    const what = now === undefined ? 'is not there any more' : 'is another folder now'
    return new SdkError(
      'SDK_HOST',
      `${root} ${what}: the catalyst root was moved while this run worked in it`,
      {
        hint: 'put it back and run the same command again, which goes on where it ended, or give --catalyst_root its new place',
      },
    )
  }
}
