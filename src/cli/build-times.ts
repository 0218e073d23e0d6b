// What earlier runs took, for the estimate of this one, and what this one takes, for later ones.

import type { Listener } from '../events/event.js'
import { createHistory, type History } from '../progress/estimate/history.js'
import { createLearner } from '../progress/estimate/learner.js'
import { addBuildTime, readBuildTimes, tidyBuildTimes } from '../store/build-times.js'

/** The times in `file`, of runs with any profile; stages only of those with `profile`. */
export function openBuildTimes(file: string, profile: string): { history: History; keep: Listener } {
  const lines = readBuildTimes(file)
  const learn = createLearner()
  return {
    history: createHistory(lines.filter((line) => line.kind === 'package' || line.profile === profile)),
    keep: {
      on(event) {
        if (event.type === 'run-started') void tidyBuildTimes(file, lines)
        const learned = learn(event)
        if (learned?.kind === 'package') addBuildTime(file, learned)
        if (learned?.kind === 'stage')
          addBuildTime(file, {
            ...learned,
            profile,
            pieces: learned.pieces.map(({ log, ...piece }) => ({ ...piece, ...(log && { log: [...log] }) })),
          })
      },
      close() {},
    },
  }
}
