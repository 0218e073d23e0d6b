import assert from 'node:assert/strict'
import test from 'node:test'
import type { SdkDefinition } from '../../../../src/sdk/definition.js'
import { SDK_TOML } from '../../../../src/sdk/read/schema.js'
import { STAGES } from '../../../../src/sdk/stages.js'
import { settingsDigest, WITHOUT_EFFECT } from '../../../../src/stage/plan/settings-digest.js'
import { changed, fullDefinition, leaves, named } from '../../../helpers/full-definition.js'
import { fullRun } from '../../../helpers/full-run.js'

const digests = async (definition: SdkDefinition): Promise<string[]> => {
  const run = fullRun(definition)
  return STAGES.map((stage) => settingsDigest(run, stage))
}

const hasNoEffect = (name: string): boolean =>
  Object.keys(WITHOUT_EFFECT).some((key) => name === key || name.startsWith(`${key}.`))

test('every value of a definition counts for some stage, but for those that are named with a reason', async () => {
  const definition = await fullDefinition()
  const before = await digests(definition)
  for (const leaf of leaves(definition)) {
    const name = named(leaf)
    const after = await digests(changed(definition, leaf))
    // Of `carry` the globs count that fit.
    if (name.startsWith('carry.')) continue
    assert.equal(after.join() === before.join(), hasNoEffect(name), name)
  }
})

test('the name of a release, and where a repo is in the SDK, count for all stages that have them', async () => {
  const definition = await fullDefinition()
  const before = await digests(definition)
  const { seed, repos } = definition
  // Without a release there are no files that name it.
  const unnamed = { ...definition, release: false }
  assert.equal((await digests({ ...unnamed, name: 'other' })).join(), (await digests(unnamed)).join())
  const others = [
    { ...definition, name: 'other' },
    { ...definition, seed: { ...seed, osReleaseId: 'other' } },
    { ...definition, repos: repos.map((repo) => ({ ...repo, archive: `${repo.archive}-2` })) },
    { ...definition, repos: repos.map((repo) => ({ ...repo, location: `${repo.location}-2` })) },
  ]
  for (const other of others)
    for (const [index, digest] of (await digests(other)).entries()) assert.notEqual(digest, before[index])
})

test('carried packages count for the stage that carries them, and for stage 1 those of stage 4', async () => {
  const definition = await fullDefinition()
  const before = await digests(definition)
  const carry = definition.carry.map((entry) => ({
    ...entry,
    globs: { ...entry.globs, stage4: [...entry.globs.stage4, 'app-misc/new'] },
  }))
  const after = await digests({ ...definition, carry })
  assert.deepEqual(
    after.map((digest, index) => digest !== before[index]),
    [true, false, false, true],
  )
})

test('every key of the file has a value in the definition that the tests above change', async () => {
  const present = new Set(leaves(await fullDefinition()).map((leaf) => named(leaf).replaceAll('.*', '')))
  const has = (name: string): boolean =>
    [...present].some((each) => each === name || each.startsWith(`${name}.`))
  const missing = keysOf(SDK_TOML as AnySchema).filter((key) => !has(nameOf(key)))
  assert.deepEqual(missing, [])
})

/** Where the definition has a key of the file. */
function nameOf(key: string): string {
  const other = OTHER_NAMES[key]
  if (other !== undefined) return other
  const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return camel.replace(/^stage([1-4])/, 'stage.stage$1')
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  // Read before anything else; another one is another program's.
  format: 'file',
  extends: 'bases',
  repo_junk: 'repos.junk',
  version_id: 'version.id',
  version_file: 'version.id',
  'stage4.root_overlay': 'stage.stage4.rootOverlays.path',
  // It fills in the addresses.
  'seed.settings_file': 'seed.urls',
}

interface AnySchema {
  readonly type?: string
  readonly entries?: Record<string, AnySchema>
  readonly wrapped?: AnySchema
  readonly item?: AnySchema
  readonly pipe?: readonly AnySchema[]
}

/** The keys of a schema of tables, with dots; those of lists of tables too, not those of tables with keys of their own. */
function keysOf(schema: AnySchema, at = ''): string[] {
  const inner = schema.pipe?.flatMap((step) => (step === schema ? [] : keysOf(step, at))) ?? []
  const below = [schema.wrapped, schema.item].flatMap((each) => (each === undefined ? [] : keysOf(each, at)))
  const own = Object.entries(schema.entries ?? {}).flatMap(([key, each]) => {
    const name = at === '' ? key : `${at}.${key}`
    const found = keysOf(each, name)
    return found.length > 0 ? found : [name]
  })
  return [...inner, ...below, ...own]
}
