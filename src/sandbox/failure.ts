// Tells a sandbox that could not be made apart from a program that failed in it.

import { type ErrorCode, EXIT_CODES, SdkError } from '../errors.js'
import { quotedCommand } from '../process/own-command.js'
import { describeOutcome, type Outcome } from '../process/run.js'

/** The exit code by which enter.sh says that the sandbox itself could not be made. */
const SANDBOX_FAILED = 125

const hints = (): Partial<Record<ErrorCode, string>> => ({
  SDK_HOST: `in a container, root needs CAP_SYS_ADMIN and may not be seccomp-filtered (\`--privileged\`); ${quotedCommand(['doctor'])} checks it`,
  SDK_SEED: 'this root cannot be used as it is: see what put that path there, or take another seed',
})

/**
 * The error of a sandbox that could not be made, or undefined when it was made: then the outcome is the program's own.
 *
 * @param stderrTail the end of the child's stderr, with its last lines
 * @param mark what the sandbox was started with: without it, a program can say the same
 */
export function findSandboxFailure(
  outcome: Outcome,
  stderrTail: string,
  mark?: string,
): SdkError | undefined {
  const head = mark === undefined ? '' : ` ${mark}`
  const said = [...stderrTail.matchAll(/^sandbox( \w+)?: (SDK_[A-Z]+): (.*)$/gm)].findLast(
    ([, found = '']) => found === head,
  )
  if (outcome.exitCode !== SANDBOX_FAILED || said === undefined) return undefined
  const code = (said[2] as string) in EXIT_CODES ? (said[2] as ErrorCode) : 'SDK_INTERNAL'
  const message = `the sandbox could not be made: ${said[3]}`
  return exhausted(message) ?? notOurs(code, message) ?? new SdkError(code, message, { hint: hints()[code] })
}

/** What is no bug of this program, and not about what the host allows, at whatever line of a script it is met. */
function notOurs(code: ErrorCode, message: string): SdkError | undefined {
  if (code === 'SDK_INTERNAL' && /Input\/output error|Structure needs cleaning/.test(message))
    return new SdkError('SDK_HOST', message, {
      hint: 'look at the disk that gives errors: the kernel says more (dmesg)',
    })
  if (code === 'SDK_HOST' && / a program was killed /.test(message))
    return new SdkError('SDK_HOST', message, {
      hint: 'the kernel does that where memory is short, and says so (dmesg): end what else needs it, or build with fewer --jobs',
    })
  return undefined
}

/** What has run out: of namespaces and mounts the kernel says the same as of disks. */
function exhausted(message: string): SdkError | undefined {
  if (!/No space left on device|Disk quota exceeded/i.test(message)) return undefined
  if (!/namespace|cannot mount (on|what|\/|a )/.test(message)) return new SdkError('SDK_SPACE', message)
  return new SdkError(
    'SDK_HOST',
    message.replace(/No space left on device/g, 'the kernel allows no more of them'),
    {
      hint: 'raise /proc/sys/user/max_*_namespaces and /proc/sys/fs/mount-max, or end what uses them up',
    },
  )
}

/** Like {@link findSandboxFailure}, for a caller that already knows that the sandbox is to blame. */
export function explainSandboxFailure(outcome: Outcome, stderrTail: string): SdkError {
  const tail = stderrTail.trimEnd().split('\n').slice(-3).join('; ')
  return (
    findSandboxFailure(outcome, stderrTail) ??
    new SdkError('SDK_INTERNAL', `the sandbox ${describeOutcome(outcome)}${tail === '' ? '' : `: ${tail}`}`)
  )
}
