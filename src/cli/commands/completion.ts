// completion: the completion of this command, for a shell to read.

import type { Shell } from '../arguments/verbs.js'
import { bashCompletion } from '../texts/bash.js'
import { fishCompletion } from '../texts/fish.js'
import { zshCompletion } from '../texts/zsh.js'

/** The script for each shell. */
export const COMPLETIONS: Readonly<Record<Shell, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** @returns 0 */
export function completion(shell: Shell): number {
  process.stdout.write(COMPLETIONS[shell]())
  return 0
}
