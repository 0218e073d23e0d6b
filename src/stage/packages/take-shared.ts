// What a stage writes for later attempts and stages, and for people: it writes into folders of its own below `work/`, and
// only what is audited there gets into the folders that others use. Sources never come back from a stage.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import type { Emit } from '../../events/event.js'
import { readText } from '../../files/read.js'
import { type TakeOverRules, takeOver } from '../../store/hostile/take-over.js'
import { STAGE_LOGS } from '../../store/layout.js'
import { type SharedFolders, sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'
import { type Work, workPaths } from '../run/work.js'

const GiB = 2 ** 30

/** In a stage's folder of logs: how each file of its finished root is linked. */
export const ELF_LIST = 'elf.tsv'

/** Files that the engine itself writes into a stage's folder of logs. */
const OWN_LOGS: ReadonlySet<string> = new Set([...STAGE_LOGS, ELF_LIST])

/** Binary packages of any format with their index; crossdev has a folder more. */
const PACKAGES: TakeOverRules = {
  wants: (file) => /(?:^|\/)(?:Packages|[^/]+\.(?:gpkg\.tar|tbz2|xpak))$/.test(file),
  // Whoever proves them later holds all names: five times those of a whole tree.
  ...{ depth: 4, fileBytes: 64 * GiB, bytes: 2048 * GiB, names: 100_000 },
}

/** docs/dictionary.md, "answers": each is named by a digest. */
const ANSWERS: TakeOverRules = {
  wants: (file) => /^[0-9a-f]{32,128}$/.test(file),
  ...{ depth: 1, fileBytes: GiB / 1024, bytes: GiB, names: 1_000_000 },
}

const LOGS: TakeOverRules = {
  wants: (file) => !OWN_LOGS.has(file),
  ...{ depth: 8, fileBytes: 8 * GiB, bytes: 64 * GiB, names: 200_000 },
}

/** What is taken over of each folder. */
const RULES = {
  packages: PACKAGES,
  carried: PACKAGES,
  answers: ANSWERS,
  log: LOGS,
} as const satisfies Partial<Record<keyof SharedFolders, TakeOverRules>>

type Name = keyof typeof RULES

const NAMES = Object.keys(RULES) as Name[]

/** Where the stage itself has written what belongs there. */
const ownFolder = ({ log, over }: Work, name: Name): string => (name === 'log' ? log : over[name].upper)

/** Takes over what the sandbox of `plan` has left in `work`; none of its processes is left. What is refused is warned of. */
export const takeShared = (plan: StagePlan, work: Work, emit: Emit): Promise<void> =>
  takeInto(sharedFolders(plan), { work, stage: plan.stage, emit })

async function takeInto(
  folders: Pick<SharedFolders, Name>,
  { work, stage, emit }: { work: Work; stage: string; emit: Emit },
): Promise<void> {
  for (const name of NAMES) {
    await mkdir(folders[name], { recursive: true })
    const left = takeOver(ownFolder(work, name), folders[name], RULES[name])
    if (left.length > 0)
      emit({
        type: 'warning',
        message: `${stage}: not taken over into ${folders[name]}: ${left.join('; ')}`,
        hint: 'a stage has no business to make these there; look at what wrote them',
      })
  }
}

/** Notes for {@link takeLeftovers} where this attempt's part of the shared folders belongs. */
export const noteShared = (plan: StagePlan, work: Work): Promise<void> =>
  writeFile(work.shared, JSON.stringify(sharedFolders(plan)))

const text = v.string()
const NOTE = v.pipe(
  text,
  v.parseJson(),
  v.object({ packages: text, carried: text, answers: text, log: text }),
)

/** Takes over what an earlier attempt at `plan` left whose engine was killed, before its folder is removed. */
export async function takeLeftovers(plan: StagePlan, emit: Emit): Promise<void> {
  const work = workPaths(plan.layout.work(plan.stage))
  const noted = v.safeParse(NOTE, await readText(work.shared).catch(() => ''))
  if (!noted.success) return
  const here = sharedFolders(plan)
  // Another key is another folder beside; a root that was moved has them elsewhere now.
  const isHere = (name: Name): boolean => path.dirname(noted.output[name]) === path.dirname(here[name])
  if (NAMES.every(isHere)) await takeInto(noted.output, { work, stage: plan.stage, emit })
}
