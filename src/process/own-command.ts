// The commands of this program that it prints, for people to paste. All of them are made here, so that each is one that works:
// by the name that the program was called by, with sudo only where it is needed, for the place that is worked upon.

import { shellWords } from './shell-words.js'

/** How this program is called. */
interface OwnCommand {
  /** The words before all others, as the caller wrote them. */
  readonly program: readonly string[]
  /** Whether the command with these words has to be given to sudo. */
  readonly needsSudo: (words: readonly string[]) => boolean
  /** Whether this machine has sudo. */
  readonly hasSudo: boolean
}

let own: OwnCommand = { program: ['bootstrap_sdk'], needsSudo: () => false, hasSudo: true }
let place: readonly string[] = []

/** Says how the program is called; told once, by cli/main.ts. */
export function setOwnCommand(command: OwnCommand): void {
  own = command
}

/** Says by which words (`--catalyst_root DIR`) a command comes to the place that is worked upon; none where that is the default. */
export function setOwnPlace(words: readonly string[]): void {
  place = words
}

/** A line for a shell that calls this program with `words`, at the place that is worked upon. */
export function ownCommand(words: readonly string[] = []): string {
  const sudo = own.needsSudo(words) ? ['sudo'] : []
  const end = words.includes('--') ? words.indexOf('--') : words.length
  const [options, command] = [words.slice(0, end), words.slice(end)]
  return shellWords([...sudo, ...own.program, ...options, ...(hasPlace(options) ? [] : place), ...command])
}

/** As {@link ownCommand}, quoted for a sentence. */
export const quotedCommand = (words: readonly string[] = []): string => `\`${ownCommand(words)}\``

const hasPlace = (words: readonly string[]): boolean => words.some((word) => word === place[0])

/** How to do as root what was just refused to another user. */
export const rootAdvice = (): string => (own.hasSudo ? 'run it with sudo' : 'run it as root')
