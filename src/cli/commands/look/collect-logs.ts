// collect-logs: everything that a report of a fault needs, as one archive without secrets. Changes nothing else.

import os from 'node:os'
import path from 'node:path'
import { SdkError } from '../../../errors.js'
import { formatBytes } from '../../../events/measures.js'
import { plainText } from '../../../events/plain-text.js'
import { Bundle, compressionOfBundle, requireFree } from '../../../inspect/logs/bundle.js'
import { collectLogs } from '../../../inspect/logs/collect-logs.js'
import { packageLogs } from '../../../inspect/logs/logs.js'
import type { Request } from '../../../request/request.js'
import { programVersion } from '../../../sdk/program-version.js'
import { parseVersion } from '../../../sdk/version.js'
import { toolVersions } from '../../../stage/finish/tools.js'
import type { Layout } from '../../../store/layout.js'
import type { BundleContents } from '../../answers/look.js'
import { toOptions } from '../../arguments/typed-options.js'
import type { Caller } from '../../caller.js'
import type { Environment } from '../../environment.js'
import type { Invocation } from '../../invocation.js'
import type { VerbCall } from '../../request/asked.js'
import { lookedAt } from '../../request/looked-at.js'
import { withProgress } from '../../run-events.js'
import { columns, writeJson, writeLines } from '../../write.js'
import { doctorObject } from './doctor.js'
import { planFor } from './plan.js'

type Call = Extract<Invocation, { kind: 'collect-logs' }>

/** @returns 0, whether the version has failed or not. @throws SdkError SDK_USAGE, SDK_DEFINITION, SDK_HOST, SDK_SPACE */
export async function collect(call: Call, caller: Caller): Promise<number> {
  const { environment } = caller
  const { layout, request } = await lookedAt(call, environment)
  const target = path.resolve(call.file ?? `${nameOf(layout)}.tar.zst`)
  compressionOfBundle(target)
  await requireFree(target)
  const bundling = { of: { kind: 'version', layout, request }, environment, target } as const
  const { contents, files, leftOut } = await withProgress(
    { options: call.options, caller, doing: 'collecting logs' },
    () => writeBundle(call, bundling),
  )
  if (call.options.json) writeJson('collect-logs', { ...contents, file: target, files, leftOut })
  else writeLines(bundleLines(target, { files, leftOut }))
  return 0
}

const nameOf = ({ type, arch, version }: Layout): string =>
  `bootstrap_sdk-logs-${path.basename(type)}-${arch}-${version}`

/** What a bundle is of. */
export type BundleOf =
  | {
      readonly kind: 'version'
      readonly layout: Layout
      readonly request: Request
      readonly failure?: object
    }
  /** Of a run that could not begin nothing is known but how it has failed. */
  | { readonly kind: 'not begun'; readonly failure?: object }

/** A bundle, and where it goes. */
interface Bundling {
  readonly of: BundleOf
  readonly environment: Environment
  readonly target: string
}

/**
 * Writes a bundle over whatever has the name of `target`.
 *
 * @param call undefined where the command line could not be read: then nothing is known that could be planned
 * @throws SdkError SDK_DEFINITION, SDK_HOST, SDK_SPACE
 */
export async function writeBundle(
  call: VerbCall | undefined,
  { of, environment, target }: Bundling,
): Promise<Pick<Bundle, 'files' | 'leftOut'> & { contents: BundleContents }> {
  const layout = of.kind === 'version' ? of.layout : undefined
  const bundle = await Bundle.open(
    layout === undefined ? 'bootstrap_sdk-logs' : nameOf(layout),
    environment.secrets,
  )
  try {
    if (of.failure !== undefined) await bundle.addJson('failure.json', of.failure)
    const failed = layout === undefined ? undefined : await collectLogs(bundle, layout)
    await addFacts(bundle, call, { of, environment })
    const { files, leftOut } = bundle
    const contents: BundleContents = { format: 1, version: layout?.version ?? '', failed: failed ?? null }
    await bundle.addJson('contents.json', { ...contents, files, leftOut })
    await bundle.pack(target, layout === undefined ? 0 : newest(layout))
    return { contents, files, leftOut }
  } finally {
    await bundle.close()
  }
}

/** Members are of the time of the newest log: nothing in the bundle is of now but what `doctor` and `plan` find. */
function newest(layout: Layout): number {
  const times = packageLogs(layout).map(({ changed }) => changed)
  return Math.floor(times.reduce((a, b) => Math.max(a, b), 0) / 1000)
}

/** What is found out now. A verb that cannot say anything says why. */
async function addFacts(
  bundle: Bundle,
  call: VerbCall | undefined,
  { of, environment }: Omit<Bundling, 'target'>,
): Promise<void> {
  await bundle.addJson('versions.json', {
    bootstrapSdk: programVersion(),
    tools: toolVersions(),
    host: { arch: os.arch(), cores: os.cpus().length, cpu: os.cpus()[0]?.model, memory: os.totalmem() },
  })
  if (call === undefined) bundle.leaveOut('plan.json', 'the command line could not be read')
  else if (of.kind === 'version' && !isOurs(of))
    bundle.leaveOut('plan.json', `${of.layout.type} is of another definition than --sdk says`)
  else {
    const about = of.kind === 'version' ? ofVersion(call, of.layout) : call
    await bundle.addJson('plan.json', await said(() => planFor(about, environment)))
  }
  const asked = call ?? { options: toOptions({}), said: {} }
  await bundle.addJson(
    'doctor.json',
    await said(() => doctorObject({ ...asked, kind: 'doctor' }, environment)),
  )
}

/** Whether a version is one of the definition that is asked for. */
const isOurs = ({
  layout,
  request,
}: Pick<Extract<BundleOf, { kind: 'version' }>, 'layout' | 'request'>): boolean =>
  layout.type === request.definition.type && layout.arch === request.definition.archName

/** The call as one that is about the version, if it did not name one. A spec's may be none of ours: then as it is. */
function ofVersion(call: VerbCall, { version }: Layout): VerbCall {
  if (call.options.version !== undefined) return call
  const parsed = parseVersion(version)
  return {
    ...call,
    said: { ...call.said, version: [version] },
    options: { ...call.options, version: parsed },
  }
}

async function said(tell: () => Promise<object>): Promise<object> {
  try {
    return await tell()
  } catch (error) {
    if (!(error instanceof SdkError)) throw error
    const { code, message, hint } = error
    return { error: { code, message, hint: hint ?? null } }
  }
}

/** The text; pure. */
function bundleLines(target: string, { files, leftOut }: Pick<Bundle, 'files' | 'leftOut'>): string[] {
  const rows = files.map(({ name, bytes, cut }) => [
    plainText(name),
    formatBytes(bytes),
    cut > 0 ? `the first ${formatBytes(cut)} are left out` : '',
  ])
  return [
    target,
    '',
    ...columns(rows, '  '),
    ...(leftOut.length === 0 ? [] : ['', 'left out']),
    ...columns(
      leftOut.map(({ what, why }) => [plainText(what), plainText(why)]),
      '  ',
    ),
    '',
    'what looks like a password, a token or a key is masked as ***; look into it all the same before you give it away',
  ]
}
