// The lines of emerge's stdout that mean something, one by one. The texts are those of Portage 3.0.83
// (`_emerge/{MergeListItem,PackageMerge,Scheduler,JobStatusDisplay}.py`, `bin/isolated-functions.sh`); older ones alike.

/** A line that means something. Packages are `CATEGORY/NAME-VERSION`, without `::repo`. */
export type EmergeLine =
  | {
      kind: 'emerging' | 'installing' | 'completed'
      package: string
      index: number
      total: number
      binary: boolean
    }
  | { kind: 'planned'; package: string; binary: boolean }
  | { kind: 'failed'; package: string; action: string; logFollows: boolean }
  | { kind: 'log'; path: string }
  | { kind: 'jobs' }
  | { kind: 'died'; package: string; phase: string | undefined }
  | { kind: 'died-log'; path: string }

/** `>>> Emerging binary (2 of 30) sys-libs/zlib-1.3.1::portage-stable for /tmp/stage1root/`; ROOT `/` is not named. */
const EMERGING = /^>>> Emerging (binary )?\((\d+) of (\d+)\) (\S+)(?: for .+)?$/
/** `[binary  N     ] sys-libs/zlib-1.3.1::portage-stable  USE="…" 0 KiB`, of a pretended merge (`_emerge/resolver/output.py`). */
const PLANNED = /^\[(ebuild|binary) [^\]]*\] (\S+)/
const INSTALLING = /^>>> Installing ()\((\d+) of (\d+)\) (\S+)(?: to .+)?$/
const COMPLETED = /^>>> Completed ()\((\d+) of (\d+)\) (\S+)(?: to .+)?$/
/** `>>> Failed to emerge sys-libs/zlib-1.3.1 for /tmp/stage1root/, Log file:`; without a log, nothing after the name. */
const FAILED =
  /^>>> Failed to (emerge|install|execute postinst for) (\S+?)(?: (?:for|to) .+?)?(, Log file:)?$/
const LOG = /^(?:>>> )? *'(.+)'$/
const JOBS = /^>>> Jobs: \d+ of \d+ complete/
/** `die` in an ebuild. Without --jobs it comes before the `Failed` line; with --jobs after it, when emerge shows the log. */
const DIED = /^ ?\* ERROR: (\S+) failed(?: \((\w+) phase\))?:$/
const DIED_LOG = /^ ?\* The complete build log is located at '(.+)'\.$/

type Reader = [RegExp, (groups: readonly string[]) => EmergeLine]

const READERS: readonly Reader[] = [
  [EMERGING, inList('emerging')],
  [
    PLANNED,
    ([, from, cpv = '']) => ({ kind: 'planned', package: withoutRepo(cpv), binary: from === 'binary' }),
  ],
  [INSTALLING, inList('installing')],
  [COMPLETED, inList('completed')],
  [
    FAILED,
    ([, action = '', name = '', log]) => ({
      kind: 'failed',
      package: name,
      action,
      logFollows: log !== undefined,
    }),
  ],
  [LOG, ([, path = '']) => ({ kind: 'log', path })],
  [JOBS, () => ({ kind: 'jobs' })],
  [DIED, ([, cpv = '', phase]) => ({ kind: 'died', package: withoutRepo(cpv), phase })],
  [DIED_LOG, ([, path = '']) => ({ kind: 'died-log', path })],
]

function inList(kind: 'emerging' | 'installing' | 'completed'): Reader[1] {
  return ([, binary, index, total, cpv = '']) => ({
    kind,
    package: withoutRepo(cpv),
    index: Number(index),
    total: Number(total),
    binary: Boolean(binary),
  })
}

function withoutRepo(cpv: string): string {
  return cpv.replace(/::.*$/, '')
}

/** What a printable line of emerge's stdout says; undefined for all others. */
export function readEmergeLine(line: string): EmergeLine | undefined {
  // All of them start so; a build writes millions of other lines.
  if (!/^(?:>>>| ?\*| *'|\[)/.test(line)) return undefined
  for (const [pattern, read] of READERS) {
    const groups = pattern.exec(line)
    if (groups !== null) return read(groups)
  }
  return undefined
}
