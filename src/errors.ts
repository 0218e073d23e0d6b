// The one error type of the project. A plain Error is a bug; everything a user can meet is an SdkError.

import { constants } from 'node:os'

/** Exit codes of the command, by error code (docs/manual.md, "Exit codes"). */
export const EXIT_CODES = {
  SDK_USAGE: 2,
  SDK_DEFINITION: 2,
  SDK_HOST: 3,
  SDK_SEED: 4,
  SDK_REPO: 4,
  SDK_ARCHIVE: 4,
  SDK_DISTFILE: 4,
  SDK_CHAIN: 4,
  SDK_STAGE: 5,
  SDK_SPACE: 6,
  SDK_VERIFY: 7,
  SDK_PUBLISH: 8,
  SDK_INTERNAL: 70,
  SDK_LOCKED: 75,
} as const

/**
 * What an engine that drives this program may do about a failure (docs/fleet.md): what a retry may mend, perhaps on another machine (no
 * space, another run, killed, ended), and what it never does (bad input, a failed stage or check). Of others somebody has to think.
 */
export const RETRIES = { worth: [6, 75, 137, 143], never: [2, 4, 5, 7] } as const

/** Stable, documented code of a failure. */
export type ErrorCode = keyof typeof EXIT_CODES

/** What an {@link SdkError} may carry beside its message. */
export interface ErrorDetails {
  /** What the user can do next: one sentence, or a command to paste. */
  hint?: string | undefined
  cause?: unknown
  /** Facts for the journal and `--json`, by name. */
  facts?: Record<string, unknown>
}

/** A failure with a stable code, a message that says what and where, and a hint that says what to do. */
export class SdkError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly facts: Record<string, unknown>

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SdkError'
    this.code = code
    this.hint = details.hint
    this.facts = details.facts ?? {}
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return EXIT_CODES[this.code]
  }
}

/** `error`, which names another failure too: `what` that was of. */
export function withOther(error: SdkError, what: string, other: Error): SdkError {
  const { code, message, hint, facts } = error
  const otherCode = other instanceof SdkError ? other.code : 'SDK_INTERNAL'
  return new SdkError(code, `${message}\n${what}: ${other.message} [${otherCode}]`, {
    ...{ hint, facts, cause: error },
  })
}

/** How the system says that a disk cannot take more, in words. */
const DISK_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space (or no inodes) left on its file system',
  EDQUOT: 'the quota is used up on its file system',
  EFBIG: 'a file would be larger than one may be, by `ulimit -f` or on its file system',
  EIO: 'the disk reported an input/output error; the file was not completed',
}

/** The system's name of an error: Node has none for a quota that is used up, and says a number. */
export function systemCode(error: unknown): string | undefined {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException
  return errno === -constants.errno.EDQUOT ? 'EDQUOT' : code
}

/**
 * Turns an exhausted disk or quota, and a disk that fails, into SDK_SPACE, which names what it was; any other error is returned
 * as it is. Which disk that is, and what is free there, is added where the command ends (store/disk/full-disk.ts).
 *
 * @param error what was thrown
 * @param where the path that was written
 */
export function explainSystemError(error: unknown, where: string): unknown {
  const words = DISK_ERRORS[systemCode(error) ?? '']
  if (words === undefined) return error
  return new SdkError('SDK_SPACE', `${where}: ${words}`, {
    hint: 'look at `df -h`, `df -i` and `dmesg`, then run the same version again',
    cause: error,
    facts: { path: where },
  })
}

/**
 * An error of the system for the user: SDK_SPACE as {@link explainSystemError} has it, else SDK_HOST with `message`.
 *
 * @param message what could not be done; the system's reason follows it
 */
export function hostError(
  error: unknown,
  where: string,
  { message, hint }: { message: string; hint?: string },
): SdkError {
  const explained = explainSystemError(error, where)
  if (explained instanceof SdkError) return explained
  return new SdkError('SDK_HOST', `${message}: ${(error as Error).message}`, { hint, cause: error })
}
