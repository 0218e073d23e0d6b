// Whether a stage failed for want of memory: by what compilers say of it, and by the kernel's count of the processes that it killed.

import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'

/** How many processes the kernel has killed so far for want of memory, of a control group too (proc_vmstat(5)); 0 where it does not say. */
export function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** A failed pass, as far as memory goes. */
export interface MemoryEvidence {
  /** How the error begins: stage, pass, package. */
  readonly headline: string
  /** What was said last. */
  readonly said: readonly string[]
  /** It, or what it started, was killed: exit code 137, or SIGKILL. */
  readonly isKilled: boolean
  /** How many processes the kernel has killed meanwhile, on the whole machine. */
  readonly kills: number
  readonly jobs: number
  readonly facts: Record<string, unknown>
  /** Added to what to do. */
  readonly hint: string
}

/** What compilers, linkers and Python say who get no memory, or whose child was killed. */
const NO_MEMORY =
  /Killed signal terminated program (\S+)|virtual memory exhausted|[Mm]emory exhausted|Cannot allocate memory|std::bad_alloc|[Oo]ut of memory|\bENOMEM\b/
/** As much as a shell, make or ninja say of a killed process; that can have any reason. */
const KILLED = /\bKilled\b|signal 9\b|\bSIGKILL\b|Error 137\b/

/** What programs say whose processes have become too many: bash, coreutils, Perl, Python. */
const NO_PROCESS =
  /fork: (?:retry: )?Resource temporarily unavailable|[Cc]annot fork|\b[Ff]ork failed|BlockingIOError: \[Errno 11\]|can't start new thread/

/** SDK_SPACE when the number of processes is why it failed; undefined when nothing says so. */
export function findProcessLimit(
  evidence: Pick<MemoryEvidence, 'headline' | 'said' | 'facts' | 'hint'>,
): SdkError | undefined {
  const { headline, said, facts, hint } = evidence
  const line = said.flatMap((text) => text.split('\n')).findLast((each) => NO_PROCESS.test(each))
  if (line === undefined) return undefined
  return new SdkError(
    'SDK_SPACE',
    `${headline}: there were too many processes (a stage has at most 16384, and this machine as many as /proc/sys/kernel/pid_max says)\n${line.trim()}`,
    { hint: `look for what starts processes without an end, or give fewer jobs (--jobs); ${hint}`, facts },
  )
}

/** What there is for this process: of the machine, or of its control group. */
function memoryWords(): string {
  const [all, limit] = [totalmem(), process.constrainedMemory()]
  return limit > 0 && limit < all ? `a limit of ${formatBytes(limit)}` : `${formatBytes(all)} in all`
}

/** SDK_SPACE when memory is why it failed; undefined when nothing says so. */
export function findMemoryFailure(evidence: MemoryEvidence): SdkError | undefined {
  const { headline, said, isKilled, kills, jobs, facts } = evidence
  const line = said.flatMap((text) => text.split('\n')).findLast((each) => NO_MEMORY.test(each))
  const wasKilled = kills > 0 && (isKilled || said.some((text) => KILLED.test(text)))
  if (line === undefined && !wasKilled) return undefined
  const program = NO_MEMORY.exec(line ?? '')?.[1]
  const who =
    program === undefined ? 'there was too little memory' : `there was too little memory for ${program}`
  const count =
    kills > 0
      ? `; the kernel has killed ${kills === 1 ? 'a process' : `${kills} processes`} for want of it`
      : ''
  const fewer =
    jobs > 1
      ? `give fewer jobs (--jobs ${Math.max(1, Math.floor(jobs / 2))}, now ${jobs})`
      : 'it has one job already: give the machine more memory or swap'
  return new SdkError(
    'SDK_SPACE',
    [`${headline}: ${who} (${memoryWords()}${count})`, ...(line === undefined ? [] : [line.trim()])].join(
      '\n',
    ),
    { hint: `${fewer}, or raise the limit of the container; ${evidence.hint}`, facts },
  )
}
