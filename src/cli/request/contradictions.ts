// Whether what is asked now fits what the finished stages of the version rest on. A slip (another profile, another seed) must not
// make an SDK of two kinds of stages; who means it says so, with --exact or --rebuild.

import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { memoryOf } from '../../bootstrap/session.js'
import { SdkError } from '../../errors.js'
import { quotedCommand } from '../../process/own-command.js'
import { findLayout, isFolder } from '../../request/catalyst-root.js'
import { type Request, stage1Repos } from '../../request/request.js'
import { stageProfile } from '../../sdk/definition.js'
import { TRAITS } from '../../sdk/stages.js'
import { placeOfSeed } from '../../seed/oci-layout.js'
import { knownSha256 } from '../../store/digest/known-digest.js'
import { findStageRecord } from '../../store/find-record.js'
import type { StageRecord } from '../../store/record.js'
import type { BasisName } from '../arguments/options/table.js'
import type { Asked } from './asked.js'
import { isShipped, SDKS } from './definitions.js'
import { lasting } from './said-words.js'

/** A call and the finished stages of its version that it does not build again, in their order. */
interface Standing {
  readonly request: Request
  readonly asked: Asked
  readonly records: readonly StageRecord[]
}

/** What finished stages rest on, in words, where the option says otherwise now; else undefined. */
type Check = (standing: Standing) => string | undefined | Promise<string | undefined>

/** By option: a new one that finished stages rest on needs a line here. */
const CHECKS: Readonly<Record<BasisName, Check>> = {
  sdk: otherDefinition,
  scripts: asBefore('scripts'),
  file: asBefore('file'),
  config: asBefore('config'),
  portage_stable: (standing) => otherTree(standing, ({ main }) => main),
  coreos_overlay: (standing) => otherTree(standing, ({ main }) => !main),
  stage1_portage_path: otherTreeOfStage1,
  stage1_overlay_path: otherTreeOfStage1,
  profile: otherProfile,
  seed_tarball: otherSeed,
}

/**
 * @throws SdkError SDK_CHAIN when an option that was given now contradicts what finished stages rest on, and neither --exact nor
 *   --rebuild of them was given
 */
export async function requireNoContradiction(request: Request, asked: Asked): Promise<void> {
  if (request.exact) return
  const given = (Object.keys(CHECKS) as BasisName[]).filter((name) => isNew(name, asked))
  if (given.length === 0) return
  const standing = { request, asked, records: await standingRecords(request) }
  if (standing.records.length === 0) return
  for (const name of given) {
    const before = await CHECKS[name](standing)
    if (before === undefined) continue
    const stages = standing.records.map(({ stage }) => stage).join(', ')
    const found = `--${name} ${String((asked.said[name] as readonly string[])[0])}`
    throw new SdkError(
      'SDK_CHAIN',
      `${found} contradicts what is finished of ${request.version.text} (${stages}): expected ${before}`,
      {
        hint: `${wayBack(name, asked, request)}; if it is meant, --exact builds again what rests on something else, and --rebuild everything that is asked for; or take another --version`,
      },
    )
  }
}

/** Whether an option was not said to the runs before: it is of this line, or stands in a configuration file since. */
const isNew = (name: BasisName, { said, now, kept }: Asked): boolean =>
  now[name] !== undefined || (said[name] !== undefined && kept?.options[name] === undefined)

function wayBack(name: BasisName, { now }: Asked, { version }: Request): string {
  if (now[name] === undefined)
    return `a configuration file says so (${quotedCommand(['config', 'show'])}), and did not when the version was begun; give --${name} as it was to go on with that`
  return `leave it out to go on with what was asked (${quotedCommand(['--version', version.text])})`
}

/** The records of the version's stages, but of those that are built again anyway. */
async function standingRecords(request: Request): Promise<StageRecord[]> {
  const layout = await findLayout(request)
  const records: StageRecord[] = []
  for (const stage of request.definition.stages) {
    if (request.rebuild && request.stages.includes(stage)) continue
    // One that cannot be read is said where the stage is looked at.
    const found = await findStageRecord(layout, stage).catch(() => undefined)
    if (found !== undefined) records.push(found.record)
  }
  return records
}

/** An option that no record names: compared with what was said before, if that is known. */
function asBefore(name: BasisName): Check {
  return async ({ asked: { kept, said } }) => {
    const before = kept?.options[name]
    const [text = ''] = (lasting(said)[name] ?? []) as readonly string[]
    if (!Array.isArray(before) || (await meant(name, before[0] ?? '')) === (await meant(name, text)))
      return undefined
    return before[0]
  }
}

/** The definition also where no run has named it: it was the default one. */
async function otherDefinition(standing: Standing): Promise<string | undefined> {
  const { request, asked, records } = standing
  if (asked.kept?.options.sdk !== undefined) return await asBefore('sdk')(standing)
  const other = records.find(({ sdk }) => sdk.name !== request.definition.name)
  return other === undefined ? undefined : `the definition ${other.sdk.name}`
}

/** A definition may be named by its name or its folder. */
const meant = (name: BasisName, text: string): Promise<string> =>
  real(name === 'sdk' && isShipped(text) ? path.join(SDKS, text) : text)

function otherProfile({ request: { definition, profile }, records }: Standing): string | undefined {
  return records.find((each) => each.inputs.profile !== stageProfile(definition, profile, each.stage))?.inputs
    .profile
}

/** Another tree of the checkout's; one that has moved is no other, as its old place is gone. */
async function otherTree(
  { request, records }: Standing,
  isMeant: (repo: { main: boolean }) => boolean,
): Promise<string | undefined> {
  const repo = request.definition.repos.find(isMeant)
  const given = stage1Repos(request).map(({ name }) => name)
  for (const { stage, inputs } of records) {
    const before = inputs.repos.find(({ name }) => name === repo?.name)
    if (before?.from !== 'tree' || (TRAITS[stage].ownSetup && given.includes(before.name))) continue
    if (await isOtherFolder(before.path, repo?.path ?? '')) return before.path
  }
  return undefined
}

async function otherTreeOfStage1({ request, records }: Standing): Promise<string | undefined> {
  const record = records.find(({ stage }) => TRAITS[stage].ownSetup)
  for (const { name, path: tree } of record === undefined ? [] : stage1Repos(request)) {
    const before = record?.inputs.repos.find((repo) => repo.name === name)
    if (before?.from === 'seed') return `the repo ${name} inside the seed`
    if (before !== undefined && (await isOtherFolder(before.path, tree))) return before.path
  }
  return undefined
}

const isOtherFolder = async (before: string, now: string): Promise<boolean> =>
  (await isFolder(before)) && (await real(before)) !== (await real(now))

const real = (seed: string): Promise<string> => {
  const file = placeOfSeed(seed)
  return realpath(file).catch(() => path.resolve(file))
}

/** A seed is what it holds: the first of the chain, or what a stage of it has put out. */
async function otherSeed({ request, asked: { kept }, records }: Standing): Promise<string | undefined> {
  const { seed } = request
  const [first] = records
  const before = kept?.options.seed_tarball
  // The same file is looked at where a stage is to be built upon it.
  if ((seed.kind !== 'given' && seed.kind !== 'by digest') || first === undefined) return undefined
  // Of stages that stayed in the store there are no records: the others say what the chain began with.
  const ofChain = records.flatMap(({ taken }) => (taken === undefined ? [] : [taken.firstSeed]))
  const known = [first.inputs.seed.sha256, ...ofChain, ...records.map(({ output }) => output.sha256)]
  const differs = (sha256: string): string | undefined =>
    known.includes(sha256) ? undefined : `${first.inputs.seed.path} (sha256 ${known[0]?.slice(0, 16)})`
  if (seed.kind === 'by digest') return differs(seed.sha256)
  if (Array.isArray(before) && (await real(before[0] ?? '')) === (await real(seed.file))) return undefined
  const memory = memoryOf(request, await findLayout(request))
  return differs(await knownSha256(memory, seed.file))
}
