// skopeo itself: started within limits of time and memory, and once more where what went wrong may have passed.

import { setTimeout as sleep } from 'node:timers/promises'
import { clientEnvironment } from '../process/environment.js'
import { type Captured, capture } from '../process/run.js'

/** What it said. */
export interface Said extends Captured {
  /** Seconds after which it was ended; undefined when it ended by itself. */
  readonly gaveUpAfter: number | undefined
}

interface Asking {
  /** For all that it is given, a second try too. */
  readonly ms: number
  /** Words for prlimit. */
  readonly limits?: readonly string[]
  readonly started?: (pid: number | undefined) => void
}

interface Asker {
  readonly signal: AbortSignal | undefined
  readonly environment?: Readonly<Record<string, string>>
}

/** A list that does not end is unpacked into memory: that of the machine, if nobody says how much. What helpers of clouds need fits. */
const MOST_MEMORY = 2 ** 30

/** Milliseconds until the second try. */
const PAUSE_MS = 1000

/** A server that restarts, a connection that broke: what comes back by itself. */
const PASSES =
  /\b50[0234]\b|unexpected EOF|: EOF\b|connection reset|broken pipe|TLS handshake timeout|connection (?:was )?closed/i

/**
 * Runs skopeo with `words`, for at most `ms`; again, within that time, where it failed by what may have passed. What came meanwhile
 * is there, and does not travel twice.
 */
export async function ask(asker: Asker, words: readonly string[], asking: Asking): Promise<Said> {
  const { ms } = asking
  const begin = performance.now()
  const said = await once(asker, words, asking)
  const left = begin + ms - PAUSE_MS - performance.now()
  if (said.exitCode === 0 || said.gaveUpAfter !== undefined || left <= 0) return said
  if (!PASSES.test(saidWhy(said) ?? '')) return said
  await sleep(PAUSE_MS, undefined, { signal: asker.signal }).catch(() => asker.signal?.throwIfAborted())
  const again = await once(asker, words, { ...asking, ms: left })
  return again.gaveUpAfter === undefined ? again : { ...again, gaveUpAfter: Math.round(ms / 1000) }
}

async function once(
  { signal, environment }: Asker,
  words: readonly string[],
  { ms, limits = [], started }: Asking,
): Promise<Said> {
  const end = AbortSignal.timeout(Math.ceil(ms))
  const both = signal === undefined ? end : AbortSignal.any([signal, end])
  const env = { ...clientEnvironment(), ...environment }
  const bounds = [...limits, `--data=${MOST_MEMORY}`, '--core=0']
  // Ours is the signature; skopeo's policy is for images.
  const argv = ['prlimit', ...bounds, '--', 'skopeo', '--insecure-policy', ...words] as const
  const said = await capture({ argv, env, signal: both, started })
  signal?.throwIfAborted()
  const isGivenUp = end.aborted && said.exitCode !== 0
  return { ...said, gaveUpAfter: isGivenUp ? Math.round(ms / 1000) : undefined }
}

/** Why it failed, in its own words; undefined where it said nothing. */
export function saidWhy({ stderr }: Pick<Said, 'stderr'>): string | undefined {
  // Of memory that is used up Go tells first, and then at length what it was at.
  const [crash] = /^fatal error: .*/m.exec(stderr) ?? []
  const [line] = stderr.trimEnd().split('\n').slice(-1)
  const words = crash ?? line
  return /msg="(.*)"$/.exec(words ?? '')?.[1]?.replaceAll('\\"', '"') ?? words
}
