// plan: what a build with the same arguments would do, and why. Creates nothing but the files of --write_specs, needs
// neither root nor the network. --packages runs Portage in a sandbox, so it needs root, and fills the store.

import path from 'node:path'
import { requestLayout, withSession } from '../../../bootstrap/session.js'
import { unsaidText, type WrittenSpecs } from '../../../catalyst/spec-run.js'
import { formatCount } from '../../../events/measures.js'
import { archivedBeside } from '../../../forecast/archived-beside.js'
import { type Forecast, forecastRun, type StageForecast } from '../../../forecast/forecast.js'
import { type PackagePlan, planPackages } from '../../../forecast/packages/plan.js'
import { writeSpecFiles } from '../../../forecast/write-specs.js'
import { OVERRIDES } from '../../../portage/features.js'
import { findLayout } from '../../../request/catalyst-root.js'
import { targetAddress } from '../../../request/publish-target.js'
import type { PublishRequest, Request } from '../../../request/request.js'
import type { StageName } from '../../../sdk/stages.js'
import { parseVersion } from '../../../sdk/version.js'
import type { RunPlan } from '../../answers/plan.js'
import type { Options } from '../../arguments/options/table.js'
import type { Caller } from '../../caller.js'
import type { Environment } from '../../environment.js'
import { requireRoot } from '../../host/root.js'
import type { StagesInvocation } from '../../invocation.js'
import type { VerbCall } from '../../request/asked.js'
import { requireNoContradiction } from '../../request/contradictions.js'
import { recall } from '../../request/recall.js'
import { makeRunRequest } from '../../request/request.js'
import { withProgress } from '../../run-events.js'
import { columns, writeJson, writeLines } from '../../write.js'
import { prepareHost } from '../prepare-host.js'
import { planMatrix } from './plan-matrix.js'
import { packagesLines, packagesObject } from './plan-packages.js'

/** @returns the exit code. @throws SdkError as the build would, for what keeps it from beginning */
export async function plan(invocation: StagesInvocation, caller: Caller): Promise<number> {
  if (invocation.options.matrix !== undefined || invocation.options.fleet !== undefined)
    return await planMatrix(invocation, caller)
  const asked = await recall(invocation, caller.environment)
  const { options } = asked
  const request = await makeRunRequest(asked, caller.environment)
  await requireNoContradiction(request, asked)
  if (options.packages) requireRoot()
  const layout = await findLayout(request)
  const forecast = await forecastRun(request, layout)
  const isNew = options.version === undefined && options.file === undefined
  const folder = options.writeSpecs === undefined ? undefined : path.resolve(options.writeSpecs)
  const specs = folder === undefined ? undefined : await writeSpecFiles(request, { folder, layout, forecast })
  const packages = options.packages
    ? await askPortage(options, { request, forecast, caller, isNew })
    : undefined
  const place = { root: layout.root, isNew, specs }
  if (options.json) {
    const more = packages === undefined ? {} : { packages: packagesObject(packages) }
    writeJson('plan', { ...planObject(request, forecast, place), ...more })
  } else {
    writeLines(planLines(request, forecast, place))
    if (packages !== undefined) writeLines(packagesLines(packages))
  }
  if (packages?.failure !== undefined) throw packages.failure
  return 0
}

/** What `plan --json` would write for the version of `call`, without anything that is only asked of one plan. @throws SdkError as {@link plan} */
export async function planFor(call: VerbCall, environment: Environment): Promise<RunPlan> {
  const asked = await recall({ ...call, kind: 'plan' }, environment)
  const request = await makeRunRequest(asked, environment)
  const layout = await findLayout(request)
  return planObject(request, await forecastRun(request, layout), { root: layout.root, isNew: false })
}

interface Asking {
  request: Request
  forecast: Forecast
  caller: Caller
  isNew: boolean
}

/** What each stage would merge. @throws SdkError */
async function askPortage(
  options: Options,
  { request, forecast, caller, isNew }: Asking,
): Promise<PackagePlan> {
  await prepareHost(options, request, caller)
  // One name for all new versions: a plan leaves no trace of one.
  const version = isNew ? parseVersion(`${request.definition.version.id}+packages`) : request.version
  const asked = { ...request, version }
  const layout = await requestLayout(asked)
  return await withProgress({ options, caller, doing: 'planning' }, (emit) =>
    withSession(asked, { layout, emit, signal: caller.interrupt.abort }, (session) =>
      planPackages(session, forecast),
    ),
  )
}

interface Place {
  root: string
  /** The version was made up just now. */
  isNew: boolean
  /** With --write_specs: what was written. */
  specs?: WrittenSpecs | undefined
}

/** The JSON object (docs/verbs.md); pure. */
function planObject(request: Request, forecast: Forecast, { root, isNew, specs }: Place): RunPlan {
  const { definition, version, profile, compression, jobs, rebuild, exact, publish } = request
  const { name, type, arch, chost, file } = definition
  return {
    format: 1,
    sdk: { name, type, arch, chost, file },
    version: { text: version.text, isNew },
    ...{ root, profile, compression, jobs, rebuild, exact },
    seed: forecast.seed ?? null,
    repos: forecast.repos.map(({ name: repo, source, archive, digest }) => ({
      ...{ name: repo, source, archive, digest },
    })),
    cross: definition.cross,
    stages: forecast.stages.map((stage, index) => ({
      ...stage,
      key: stage.key ?? null,
      beside: archivedBeside(request, stage, forecast.stages[index + 1]) ?? null,
      given: stage.given.map(({ name: repo, source, digest }) => ({ name: repo, source, digest })),
    })),
    release: forecast.release ?? null,
    notices: [...(request.notices ?? []), ...forecast.warnings],
    warnings: request.warnings ?? [],
    overrides: OVERRIDES,
    specs: specs === undefined ? null : specsObject(specs),
    publish: publish === undefined ? null : publishObject(publish),
  }
}

/** The text; pure. */
function planLines(request: Request, forecast: Forecast, { root, isNew, specs }: Place): string[] {
  const { definition, version, profile, compression, jobs } = request
  const facts = [
    ['SDK', `${definition.name} (${definition.type}, ${definition.arch}) of ${definition.file}`],
    ['version', `${version.text}${isNew ? ' (new)' : ''}`],
    ['below', root],
    ['profile', profile],
    ['archives', `${compression}, ${formatCount(jobs, 'job')}`],
    ['seed', seedWords(forecast)],
    ...forecast.repos.map(({ name, source, digest }) => ['repo', `${name} ${short(digest)} of ${source}`]),
    ...definition.cross.map(({ chost, packages }) => ['cross', `${chost}: ${packages.join(' ')}`]),
  ]
  return [
    ...columns(facts),
    ...forecast.stages.flatMap((stage, index) => [
      '',
      ...stageLines(stage, archivedBeside(request, stage, forecast.stages[index + 1])),
    ]),
    ...(forecast.release === undefined ? [] : ['', `release  ${forecast.release}`]),
    ...section(
      'always off in a stage (FEATURES)',
      OVERRIDES.map(({ features, why }) => `${features.join(' ')}: ${why}`),
    ),
    ...section('warnings', request.warnings ?? []),
    ...section('notices', [...(request.notices ?? []), ...forecast.warnings]),
    ...(specs === undefined ? [] : specsLines(specs)),
    ...(request.publish === undefined ? [] : publishLines(request.publish)),
  ]
}

/** Where the release goes and who signs it; `target` is null when it stays where it is. */
const publishObject = ({ target, output, sign, signDigests }: PublishRequest): RunPlan['publish'] => ({
  target: target === undefined ? null : targetAddress(target),
  output: output?.folder ?? null,
  sign: sign ?? null,
  signDigests: signDigests ?? null,
})

function publishLines({ target, output, sign, signDigests }: PublishRequest): string[] {
  return [
    ...(target === undefined ? [] : [`publish  ${targetAddress(target)}`]),
    ...(output === undefined ? [] : [`output   ${output.folder}`]),
    ...(sign === undefined ? [] : [`sign     each file, with ${sign}`]),
    ...(signDigests === undefined ? [] : [`sign     DIGESTS, with ${signDigests}`]),
  ]
}

/** A heading and its lines, when there are some. */
const section = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)]

const specsObject = ({ files, snapshots, unsaid }: WrittenSpecs): RunPlan['specs'] => ({
  files: files.map((file) => file.path),
  snapshots,
  unsaid,
})

const specsLines = ({ files, snapshots, unsaid }: WrittenSpecs): string[] => [
  ...section(
    'written for catalyst',
    files.map((file) => file.path),
  ),
  ...section(
    'to be made before it runs',
    snapshots.map((each) => `mksquashfs ${each.source} ${each.path}`),
  ),
  ...section('what the files do not say', unsaid.map(unsaidText)),
]

const short = (sha256: string): string => sha256.slice(0, 16)

function seedWords({ seed }: Forecast): string {
  if (seed === undefined) return 'none needed: the stages begin with finished ones'
  const known = seed.sha256 === undefined ? '' : `, sha256 ${short(seed.sha256)}`
  if (seed.urls !== undefined) return downloadWords(seed)
  if (seed.path === undefined && seed.signedBy !== undefined)
    return `${seed.kind}, to be taken from the store${known}, signed by ${seed.signedBy}`
  if (seed.path === undefined) return `${seed.kind}, to be made from ${seed.source}`
  return `${seed.kind}: ${seed.path}${known}`
}

function downloadWords({ kind, source, path, urls = [] }: NonNullable<Forecast['seed']>): string {
  const places = urls.join(', then ')
  if (path === undefined) return `${kind} ${source}, to be downloaded from ${places}`
  return `${kind} ${source}: ${path}, to be checked with the DIGESTS of ${places}`
}

const COMPLETED = 'what its packages need for their build and the seed lacks is merged into a copy of it'

function stageLines(stage: StageForecast, next: StageName | undefined): string[] {
  const head = `${stage.stage}  ${stage.action}: ${stage.reason}`
  const key = stage.key === undefined ? [] : [['key', stage.key]]
  if (stage.action === 'skip') return [head, ...columns([...key, ['archive', stage.archive]], '  ')]
  const { from = '', sha256 } = stage.seed ?? {}
  const rows = [
    ['seed', `${from}${sha256 === undefined ? '' : ` (sha256 ${short(sha256)})`}`],
    ...(stage.updatesSeed ? [['', 'its packages are updated first']] : []),
    ...(stage.completesSeed && !stage.updatesSeed ? [['', COMPLETED]] : []),
    ...repoRows(stage),
    ...(stage.carry.length === 0 ? [] : [['carries', stage.carry.join(' ')]]),
    ...key,
    ['archive', stage.archive],
    ...(next === undefined ? [] : [['', `made beside ${next}, if there is memory for both`]]),
  ]
  return [head, ...columns(rows, '  ')]
}

/** Where the repos of a stage are from: first the trees that it alone is given. */
function repoRows({ repos, given }: StageForecast): string[][] {
  const origin = { seed: 'those inside the seed', checkout: "the checkout's" }
  const rest = repos === 'given' ? [] : [given.length === 0 ? origin[repos] : `the others: ${origin[repos]}`]
  const words = [...given.map(({ name, digest, source }) => `${name} ${short(digest)} of ${source}`), ...rest]
  return words.map((each, index) => [index === 0 ? 'repos' : '', each])
}
