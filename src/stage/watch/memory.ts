// Whether a stage failed for want of memory: by what compilers say of it, and by the kernel's count of the processes that it killed.

import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import { MOST_FILES, MOST_PROCESSES } from '../../sandbox/limits/control-group.js'

/** How many processes the kernel has killed so far for want of memory, of a control group too (proc_vmstat(5)); 0 where it does not say. */
export function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Which bounds were met while a pass ran. */
export interface MetBounds {
  /** How many processes the kernel has killed for want of memory, on the whole machine. */
  readonly kills: number
  /** What the control group of the pass counted, and its bounds; undefined where there is none. */
  readonly own:
    | { readonly memoryBytes?: number; readonly kills: number; readonly refused: number }
    | undefined
}

/** A failed pass, as far as memory goes. */
export interface MemoryEvidence {
  /** How the error begins: stage, pass, package. */
  readonly headline: string
  /** What was said last. */
  readonly said: readonly string[]
  /** It, or what it started, was killed: exit code 137, or SIGKILL. */
  readonly isKilled: boolean
  readonly met: MetBounds
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
  evidence: Pick<MemoryEvidence, 'headline' | 'said' | 'facts' | 'hint' | 'met'>,
): SdkError | undefined {
  const { headline, said, facts, hint, met } = evidence
  const line = said.flatMap((text) => text.split('\n')).findLast((each) => NO_PROCESS.test(each))
  const refused = met.own?.refused ?? 0
  if (line === undefined && refused === 0) return undefined
  const count = refused > 0 ? `; the kernel has refused ${refused} of them` : ''
  return new SdkError(
    'SDK_SPACE',
    [
      `${headline}: there were too many processes (a stage has at most ${MOST_PROCESSES}, and this machine as many as /proc/sys/kernel/pid_max says${count})`,
      ...(line === undefined ? [] : [line.trim()]),
    ].join('\n'),
    {
      hint: `look for what starts processes without an end, or give fewer jobs (--jobs); ${hint}`,
      facts: { ...facts, bound: 'processes' },
    },
  )
}

/** What programs say that cannot open one more file. */
const NO_FILE = /Too many open files|\bE[MN]FILE\b/

/** SDK_SPACE when the number of open files is why it failed; undefined when nothing says so. */
export function findFileLimit(
  evidence: Pick<MemoryEvidence, 'headline' | 'said' | 'facts' | 'hint'>,
): SdkError | undefined {
  const { headline, said, facts, hint } = evidence
  const line = said.flatMap((text) => text.split('\n')).findLast((each) => NO_FILE.test(each))
  if (line === undefined) return undefined
  return new SdkError(
    'SDK_SPACE',
    `${headline}: a process had too many open files (it may have 1024, and ${MOST_FILES} where it asks for them by ulimit -n; the machine has /proc/sys/fs/file-max for all)\n${line.trim()}`,
    {
      hint: `look for what opens files and does not close them; ${hint}`,
      facts: { ...facts, bound: 'files' },
    },
  )
}

/** What there is for a stage: by its own control group, by that of this process, or of the machine. */
function memoryWords(own: MetBounds['own']): string {
  const [all, limit] = [totalmem(), process.constrainedMemory()]
  const most = limit > 0 && limit < all ? `a limit of ${formatBytes(limit)}` : `${formatBytes(all)} in all`
  const { memoryBytes } = own ?? {}
  return memoryBytes === undefined ? most : `${most}, of which a stage may take ${formatBytes(memoryBytes)}`
}

/** SDK_SPACE when memory is why it failed; undefined when nothing says so. */
export function findMemoryFailure(evidence: MemoryEvidence): SdkError | undefined {
  const { headline, said, isKilled, met, jobs, facts } = evidence
  const line = said.flatMap((text) => text.split('\n')).findLast((each) => NO_MEMORY.test(each))
  // Of the whole machine, the kernel may have killed anybody's.
  const kills = (met.own?.memoryBytes === undefined ? undefined : met.own.kills) || met.kills
  const wasKilled = kills > 0 && (isKilled || said.some((text) => KILLED.test(text)))
  if (line === undefined && !wasKilled) return undefined
  const program = NO_MEMORY.exec(line ?? '')?.[1]
  const who =
    program === undefined ? 'there was too little memory' : `there was too little memory for ${program}`
  return new SdkError(
    'SDK_SPACE',
    [
      `${headline}: ${who} (${memoryWords(met.own)}${killWords(kills)})`,
      ...(line === undefined ? [] : [line.trim()]),
    ].join('\n'),
    {
      hint: `${fewerJobs(jobs)}, or raise ${limitsOf(met.own)}; ${evidence.hint}`,
      facts: { ...facts, bound: 'memory' },
    },
  )
}

function killWords(kills: number): string {
  if (kills === 0) return ''
  return `; the kernel has killed ${kills === 1 ? 'a process' : `${kills} processes`} for want of it`
}

const limitsOf = (own: MetBounds['own']): string =>
  own?.memoryBytes === undefined ? 'the limit of the container' : '--memory, or the limit of the container'

const fewerJobs = (jobs: number): string =>
  jobs > 1
    ? `give fewer jobs (--jobs ${Math.max(1, Math.floor(jobs / 2))}, now ${jobs})`
    : 'it has one job already: give the machine more memory or swap'
