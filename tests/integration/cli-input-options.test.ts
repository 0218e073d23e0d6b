import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { OPTION_NAMES, OPTIONS } from '../../src/cli/arguments/options/table.js'
import { toPath } from '../../src/cli/arguments/values.js'
import { SdkError } from '../../src/errors.js'
import { must } from '../../src/process/run.js'
import { at, judge, makeGround, place, plan, removeGround, spec } from './cli-input-helpers.js'
import { foldersWithSpecials, type Kind, makeKinds } from './cli-input-kinds.js'

before(makeGround)
after(removeGround)

interface Row {
  readonly wanted: 'file' | 'folder'
  readonly good: string
  /** Kinds that it takes, too. */
  readonly also?: readonly string[]
  /** The other options of the call. */
  readonly more: () => readonly string[]
}

const SDK = (): string[] => ['--sdk', at('sdk')]
const CONF = (): string[] => ['--config', at('a.conf')]

/** Every option that takes a path. */
const OPTION_ROWS: Readonly<Record<string, Row>> = {
  catalyst_root: {
    wanted: 'folder',
    good: 'cr',
    also: ['nothing'],
    more: () => [...SDK(), ...place().slice(0, 2)],
  },
  sdk: { wanted: 'folder', good: 'sdk', more: place },
  scripts: { wanted: 'folder', good: 'scripts', more: () => ['--sdk', at('scripted'), ...place()] },
  portage_stable: { wanted: 'folder', good: 'repo', more: () => [...SDK(), ...place()] },
  coreos_overlay: { wanted: 'folder', good: 'over', more: () => [...SDK(), ...place()] },
  seed_tarball: { wanted: 'file', good: 'seed.tar.zst', more: () => [...SDK(), ...place().slice(2)] },
  stage1_portage_path: {
    wanted: 'folder',
    good: 'repo',
    also: ['an empty text'],
    more: () => [...SDK(), ...place()],
  },
  stage1_overlay_path: {
    wanted: 'folder',
    good: 'over',
    also: ['an empty text'],
    more: () => [...SDK(), ...place()],
  },
  file: { wanted: 'file', good: 'a.spec', more: () => [...CONF(), ...place().slice(0, 2)] },
  config: { wanted: 'file', good: 'a.conf', more: () => ['--file', at('a.spec'), ...place().slice(0, 2)] },
  output: { wanted: 'folder', good: 'out', also: ['nothing'], more: () => [...SDK(), ...place()] },
  write_specs: { wanted: 'folder', good: 'specs', also: ['nothing'], more: () => [...SDK(), ...place()] },
}

test('a seed for a spec that is no file is not read before that is said', async () => {
  for (const [kind, file] of [
    ['FIFO', at('fifo')],
    ['device', '/dev/zero'],
  ] as const) {
    if (kind === 'FIFO') await must({ argv: ['mkfifo', file] })
    const error = await plan(['--file', at('a.spec'), ...CONF(), '--seed_tarball', file])
    assert.ok(error instanceof SdkError && error.exitCode === 4, String(error))
    assert.match(error.message, new RegExp(`expected a tarball, found a ${kind}`))
  }
})

/** What a plan of one SDK does not read: export-image, plan-matrix and store-registry try these. */
const ELSEWHERE = ['oci', 'docker_archive', 'fleet', 'store_keys', 'store_sign']

test('the table has every option that takes a path', () => {
  const paths = OPTION_NAMES.filter((name) => {
    const option = OPTIONS[name]
    return 'parse' in option && option.parse === toPath && !ELSEWHERE.includes(name)
  })
  assert.deepEqual(Object.keys(OPTION_ROWS).sort(), paths.sort())
})

for (const [option, { wanted, good, also = [], more }] of Object.entries(OPTION_ROWS))
  test(`--${option}, each kind of thing`, async () => {
    for (const kind of await makeKinds(at(`o-${option}`), at(good), { wanted, base: process.cwd() })) {
      // The specs that are written name files below the folder, and cannot say a blank.
      if (option === 'write_specs' && kind.value.includes(' ')) continue
      const error = await plan([`--${option}`, kind.value, ...more()])
      // What an empty spec or conf lacks is said by its keys.
      if (['file', 'config'].includes(option) && kind.kind === 'an empty file') continue
      const works = also.includes(kind.kind) ? true : kind.works
      judge(`--${option}: ${kind.kind}`, error, { key: option, kind, works })
    }
  })

for (const option of ['portage_stable', 'coreos_overlay', 'stage1_portage_path', 'stage1_overlay_path'])
  test(`--${option}: what no repo has is refused by its name`, async () => {
    const { good, more } = OPTION_ROWS[option] as Row
    for (const [kind, folder] of await foldersWithSpecials(at(`so-${option}`), at(good))) {
      const error = await plan([`--${option}`, folder, ...more()])
      assert.ok(error instanceof SdkError && error.exitCode === 4, `${kind}: ${String(error)}`)
      assert.match(error.message, new RegExp(`sub/${kind}: .*found a ${kind}`, 'i'))
    }
  })

/** Keys of a spec and its conf that take a path, and the target that has them. */
const SPEC_ROWS: Readonly<
  Record<string, Omit<Row, 'more'> & { target: string; conf?: true; before?: string }>
> = {
  snapshot_treeish: { wanted: 'folder', good: 'repo', target: 'stage3' },
  repos: { wanted: 'folder', good: 'over', target: 'stage3' },
  portage_confdir: { wanted: 'folder', good: 'conf', target: 'stage3' },
  interpreter: { wanted: 'file', good: 'fs.sh', also: ['an empty file'], target: 'stage3' },
  'stage4/root_overlay': { wanted: 'folder', good: 'root', target: 'stage4' },
  'stage4/fsscript': { wanted: 'file', good: 'fs.sh', also: ['an empty file'], target: 'stage4' },
  'stage4/ssh_public_keys': {
    wanted: 'file',
    good: 'key.pub',
    also: ['an empty file'],
    target: 'stage4',
    before: 'core=',
  },
  storedir: { wanted: 'folder', good: 'store', also: ['nothing'], target: 'stage3', conf: true },
  envscript: { wanted: 'file', good: 'env.sh', also: ['an empty file'], target: 'stage3', conf: true },
  distdir: { wanted: 'folder', good: 'cr', also: ['nothing'], target: 'stage3', conf: true },
  port_logdir: { wanted: 'folder', good: 'cr', also: ['nothing'], target: 'stage3', conf: true },
  pkgcache_path: { wanted: 'folder', good: 'cr', also: ['nothing'], target: 'stage3' },
}

/** What words of a spec cannot hold, or mean something else there. */
const UNSAYABLE = ['a relative path', 'an empty text']
const isSayable = ({ value, kind }: Kind, wanted: string): boolean =>
  !/[\s\0]/.test(value) && ![...UNSAYABLE, wanted === 'file' ? 'a slash at the end' : ''].includes(kind)

for (const [
  index,
  [key, { wanted, good, also = [], target, conf = false, before: prefix = '' }],
] of Object.entries(SPEC_ROWS).entries())
  test(`${conf ? 'catalyst.conf' : 'spec'}: ${key}, each kind of thing`, async () => {
    const folder = at(`p${index}`)
    mkdirSync(folder)
    const files = ['a.spec', 'a.conf'].map((name) => path.join(folder, name)) as [string, string]
    for (const kind of (await makeKinds(at(`q${index}`), at(good), { wanted, base: folder })).filter((each) =>
      isSayable(each, wanted),
    )) {
      const value = `${prefix}${kind.value}`
      writeFileSync(files[0], spec({ target, ...(conf ? {} : { [key]: value }) }))
      const rest = key === 'storedir' ? {} : { storedir: at('store') }
      const lines = Object.entries({ ...rest, repo_name: 'main-repo', ...(conf ? { [key]: value } : {}) })
      writeFileSync(files[1], lines.map(([name, text]) => `${name} = ${JSON.stringify(text)}\n`).join(''))
      const error = await plan(['--file', files[0], '--config', files[1], ...place().slice(0, 2)])
      const works = also.includes(kind.kind) ? true : kind.works
      judge(`${key}: ${kind.kind}`, error, { key, kind, works })
    }
  })
