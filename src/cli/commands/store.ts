// store: what is in the shared store, and putting stages there, fetching one, removing old ones, by hand.

import path from 'node:path'
import { SdkError } from '../../errors.js'
import { formatBytes, formatCount } from '../../events/measures.js'
import { whichVersion } from '../../inspect/which-version.js'
import type { Believed, Store } from '../../registry/artefact.js'
import { collectArtefacts } from '../../registry/collect.js'
import { fetchArtefact } from '../../registry/fetch-artefact.js'
import type { KINDS } from '../../registry/kinds/kinds.js'
import { type PushedStage, pushStages } from '../../registry/kinds/push-stages.js'
import { bytesOf, type Listed, listArtefacts } from '../../registry/list.js'
import { openStore, type StoreRequest } from '../../registry/shared-store.js'
import { findLayout } from '../../request/catalyst-root.js'
import { acquireLock } from '../../store/lock.js'
import type { Answer as Written } from '../answers/table.js'
import { toCount } from '../arguments/values.js'
import type { Caller } from '../caller.js'
import { provideTools, STORE_TOOLS } from '../host/host-tools.js'
import { requireRoot } from '../host/root.js'
import type { Invocation, StoreAction } from '../invocation.js'
import type { Asked } from '../request/asked.js'
import { recall } from '../request/recall.js'
import { makeLook } from '../request/request.js'
import { storeRequest } from '../request/store-request.js'
import { withProgress } from '../run-events.js'
import { columns, shortTime, writeJson, writeLines } from '../write.js'

type Call = Extract<Invocation, { kind: 'store' }>

/** What is told of an action beside the store. */
type Told =
  Written<'store'> extends infer Each
    ? Each extends Written<'store'>
      ? Omit<Each, 'format' | 'store'>
      : never
    : never

/** What an action came to: as JSON, and as lines. */
interface Answer {
  readonly object: Told
  readonly lines: readonly string[]
}

/** @returns the exit code. @throws SdkError SDK_USAGE, SDK_HOST, SDK_CHAIN, SDK_VERIFY, SDK_LOCKED */
export async function store(call: Call, caller: Caller): Promise<number> {
  const asked = await recall(call, caller.environment)
  const { options } = asked
  const request = storeRequest(options, caller.environment)
  if (request === undefined)
    throw new SdkError('SDK_USAGE', 'store: expected --store, found none', {
      hint: 'give --store oci://HOST/NAME, or set BOOTSTRAP_SDK_STORE',
    })
  const { abort } = caller.interrupt
  await provideTools(STORE_TOOLS, { install: false, say: () => {}, signal: abort })
  const { action } = call
  const answer = await withProgress({ options, caller, doing: DOING[action.what] }, async (emit) => {
    const opened = await openStore(request, { emit, signal: abort })
    return await act(action, { asked, caller, request, store: opened })
  })
  if (options.json) writeJson('store', { format: 1, store: request.reference.text, ...answer.object })
  else writeLines(answer.lines)
  return 0
}

const DOING: Readonly<Record<StoreAction['what'], string>> = {
  ls: 'looking into the store',
  push: 'pushing stages',
  pull: 'pulling',
  gc: 'looking for what is old',
}

interface Open {
  readonly asked: Asked
  readonly caller: Caller
  readonly request: StoreRequest
  readonly store: Store
}

async function act(action: StoreAction, open: Open): Promise<Answer> {
  if (action.what === 'ls') return listed(await listArtefacts(open.store))
  if (action.what === 'gc') return await collect(open)
  if (action.what === 'push') return await push(action, open)
  const { found, files } = await fetchArtefact(open.store, action.key, path.resolve(action.folder))
  return { object: { artefact: described(found), files }, lines: files }
}

/** Puts finished stages there, of the version that is named or the newest one. */
async function push({ stages }: Extract<StoreAction, { what: 'push' }>, open: Open): Promise<Answer> {
  const { options } = open.asked
  if (open.request.signingKey === undefined)
    throw new SdkError('SDK_USAGE', 'store push: there is no key to sign with', {
      hint: 'give --store_sign FILE',
    })
  requireRoot()
  const request = await makeLook(open.asked, open.caller.environment)
  const layout = await whichVersion(await findLayout(request), options.version?.text)
  const lock = await acquireLock(layout.versionLock, { version: layout.version, purpose: 'store push' })
  try {
    const asked = stages.length > 0 ? stages : request.definition.stages
    const given = await pushStages(open.store, { layout, definition: request.definition, stages: asked })
    return { object: { version: layout.version, stages: given }, lines: given.map(givenLine) }
  } finally {
    lock.release()
  }
}

const givenLine = ({ stage, key, outcome, bytes }: PushedStage): string =>
  `${stage}  ${key.slice(0, 16)}  ${outcome}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}`

async function collect({ asked, store: opened }: Open): Promise<Answer> {
  const { keep, minAge = FORTNIGHT, dryRun } = asked.options
  const count = keep === undefined ? KEPT : toCount(keep)
  if (count === undefined)
    throw new SdkError(
      'SDK_USAGE',
      `store gc: --keep: expected how many of each stage stay, from 1 on, found ${JSON.stringify(keep)}`,
      { hint: '`store gc --keep 20` keeps the newest twenty' },
    )
  const retention = { keep: count, minAge, now: new Date(), isRehearsal: dryRun }
  const old = await collectArtefacts(opened, retention)
  const bytes = old.reduce((sum, each) => sum + bytesOf(each), 0)
  return {
    object: { dryRun, removed: old.map(described) },
    lines: [
      ...rows(old),
      `${dryRun ? 'would remove' : 'removed'} ${formatCount(old.length, 'artefact')} of ${formatBytes(bytes)}; the registry's own garbage collection gives the space back`,
    ],
  }
}

/** What `store gc` keeps where nothing is said: as Flatcar's CI does. */
const KEPT = 50
const FORTNIGHT = 14 * 86_400_000

function listed(all: readonly Listed[]): Answer {
  const believed = all.flatMap((each) => (each.believed === undefined ? [] : [each.believed]))
  const refused = all.flatMap((each) =>
    each.refused === undefined ? [] : [{ tag: each.tag, why: each.refused }],
  )
  const lines = [...rows(believed), ...refused.map(({ why }) => why)]
  return {
    object: { ...byKind(believed), refused },
    lines: lines.length > 0 ? lines : ['there is nothing in it'],
  }
}

const rows = (all: readonly Believed[]): string[] =>
  columns(
    all.map((each) => {
      const { stage = '', type = '', arch = '', version = '', time = '' } = each.statement.about
      const kind = kindOf(each)
      const of = `${type} ${arch}`
      return [
        keyOf(each).slice(0, 16),
        kind === 'stage' ? stage : `${kind}${stage === '' ? '' : ` of ${stage}`}`,
        of,
        version,
        shortTime(time),
        formatBytes(bytesOf(each)),
        each.signedBy,
      ]
    }),
  )

const kindOf = ({ tag }: Believed): string => tag.slice(0, tag.indexOf('-'))

/** Each kind under its name. */
const byKind = (all: readonly Believed[]) => {
  const of = (kind: (typeof KINDS)[number]) => all.filter((each) => kindOf(each) === kind).map(described)
  return { stages: of('stage'), seeds: of('seed'), packages: of('packages') }
}

const keyOf = ({ tag }: Believed): string => tag.slice(tag.indexOf('-') + 1)

const described = (each: Believed) => ({
  ...each.statement.about,
  ...{ key: keyOf(each), digest: each.digest, bytes: bytesOf(each), signedBy: each.signedBy },
})
