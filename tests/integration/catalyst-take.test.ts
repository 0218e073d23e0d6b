// What the runner catalyst gives to catalyst, and what it takes back, on real files: specs, snapshots, an archive with the
// side files that catalyst writes.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseDigests, verifyDigests } from '../../src/archive/stream/digests.js'
import { treeMembers } from '../../src/archive/tree-members.js'
import { checkSpecKeys } from '../../src/catalyst/read/check-keys.js'
import { writeStageFiles } from '../../src/catalyst/run/files.js'
import { findArchive, type OwnRoot, ownRoot } from '../../src/catalyst/run/own-root.js'
import { makeSnapshots } from '../../src/catalyst/run/snapshots.js'
import { takeArchive } from '../../src/catalyst/run/take.js'
import { parseSpecText } from '../../src/catalyst/text/spec-text.js'
import { SdkError } from '../../src/errors.js'
import { must } from '../../src/process/run.js'
import { snapshotRepo } from '../../src/repos/snapshot.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import type { StageName } from '../../src/sdk/stages.js'
import { parseVersion } from '../../src/sdk/version.js'
import { planStage, type StagePlan } from '../../src/stage/plan/plan.js'
import { scriptDigests, writeInput } from '../../src/stage/run/input.js'
import { openWork, type Work } from '../../src/stage/run/work.js'
import { nativeRunner } from '../../src/stage/run-native.js'
import type { StageServices } from '../../src/stage/runner.js'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { openTreeStore } from '../../src/store/trees/trees.js'
import { writeFiles } from '../helpers/catalyst-root.js'
import { MAKERS } from '../helpers/tiny-plan.js'
import { listing, makeTree } from './archive-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'

const SDK = path.resolve(import.meta.dirname, '../../../tests/fixtures/mini-sdk')
const HOST = { program: '/usr/bin/catalyst', version: '4.1.1', sharedir: '/usr/share/catalyst' }

interface Ground {
  plan: StagePlan
  work: Work
  place: OwnRoot
  /** The unpacked seed. */
  layer: string
}

/** A stage of the miniature SDK on a seed that holds its repos and nothing else. */
async function ground(t: TestContext, stage: StageName): Promise<Ground> {
  const folder = await temporary(t)
  const definition = await loadDefinition(SDK, path.dirname(SDK))
  const version = parseVersion('1.0.0+x')
  const { type, arch, profile } = definition
  const layout = createLayout({ root: path.join(folder, 'cr'), type, arch, version: version.text })
  const layer = path.join(folder, 'layer')
  for (const repo of definition.repos) {
    mkdirSync(path.dirname(path.join(layer, repo.archive)), { recursive: true })
    await must({ argv: ['cp', '-r', repo.path, path.join(layer, repo.archive)] })
    writeFileSync(path.join(layer, repo.archive, 'of-the-seed'), '')
  }
  const seed = { path: path.join(folder, 'of odd name'), sha256: 'a'.repeat(64) }
  await must({ argv: ['tar', '-C', layer, '-cJf', seed.path, '.'] })
  mkdirSync(layout.builds, { recursive: true })
  const repos = []
  for (const repo of definition.repos) repos.push(await snapshotRepo(repo, path.join(folder, 'repos')))
  const plan = planStage(stage, seed, {
    ...{
      definition,
      version,
      layout,
      profile,
      repos,
      epoch: 0,
      memoryBytes: undefined,
      compilerCache: undefined,
      jobs: 3,
    },
    ...{
      compression: 'bz2',
      runner: 'catalyst',
      again: () => [],
      makers: { ...MAKERS, scripts: await scriptDigests() },
      definitionSha256: 'd'.repeat(64),
      firstSeed: seed.sha256,
    },
  })
  const work = await openWork(plan)
  await writeInput(plan, work)
  return { plan, work, place: ownRoot(plan, work), layer }
}

for (const stage of ['stage1', 'stage4'] as const)
  test(
    `${stage}: catalyst gets a spec it knows, the seed under a name that says its format`,
    needsRoot(),
    async (t) => {
      const { plan, work, place } = await ground(t, stage)
      const { spec } = await writeStageFiles(plan, place, { work, host: HOST })
      const text = readFileSync(spec, 'utf8')
      const { problems, warnings } = checkSpecKeys(parseSpecText({ file: spec, text }))
      assert.deepEqual([...problems, ...warnings], [])
      assert.match(text, /^source_subpath: seed\/seed\.tar\.xz$/m)
      assert.ok(existsSync(path.join(place.root, 'builds/seed/seed.tar.xz')))
      assert.match(text, /^compression_mode: lbzip2$/m)
      // A seed may have a file there: rsync then makes it the folder that catalyst needs.
      assert.ok(lstatSync(path.join(place.files, 'portage/repos.conf')).isDirectory())
    },
  )

test(
  'what links of a configuration folder lead to comes with its modes, and without ACLs',
  needsRoot(),
  async (t) => {
    const { plan } = await ground(t, 'stage4')
    const [folder, there] = ['confdir', 'there'].map((name) => path.join(plan.layout.root, name)) as [
      string,
      string,
    ]
    writeFiles(there, { file: 'x\n', 'folder/tool': '#!\n' })
    chmodSync(path.join(there, 'folder/tool'), 0o4755)
    symlinkSync('folder/tool', path.join(there, 'link'))
    mkdirSync(folder)
    for (const name of ['file', 'folder', 'link'])
      symlinkSync(path.join(there, name), path.join(folder, name))
    for (const name of ['file', 'folder'])
      execFileSync('setfacl', ['-R', '-m', 'u:1234:r', path.join(there, name)])
    execFileSync('setfacl', ['-d', '-m', 'u:1234:r', path.join(there, 'folder')])
    const configured = { ...plan, definition: { ...plan.definition, portageConfdir: folder } }
    const work = await openWork(configured)
    await writeInput(configured, work)
    const at = (name: string): string => path.join(work.input, 'portage', name)
    for (const name of ['file', 'folder', 'folder/tool', 'link']) {
      assert.ok(!lstatSync(at(name)).isSymbolicLink())
      const acl = execFileSync('getfacl', ['--absolute-names', '--numeric', at(name)]).toString()
      assert.doesNotMatch(acl, /1234/, name)
    }
    for (const name of ['folder/tool', 'link']) assert.equal(lstatSync(at(name)).mode & 0o7777, 0o4755)
  },
)

test(
  'stage 4: the repos of the SDK and the input of the script are in the overlay, all root’s',
  needsRoot(),
  async (t) => {
    const { plan, work, place } = await ground(t, 'stage4')
    // What `prepare` leaves: the mask of carried versions is what the SDK's own configuration leads to.
    for (const name of ['carried', 'carried.mask']) writeFileSync(path.join(work.output, name), `${name}\n`)
    await writeStageFiles(plan, place, { work, host: HOST })
    const overlay = path.join(place.files, 'overlay')
    for (const { archive } of plan.repos) {
      assert.ok(existsSync(path.join(overlay, archive, 'profiles/repo_name')))
      assert.equal(lstatSync(path.join(overlay, archive)).uid, 0)
    }
    for (const name of ['stage/lib/contract.sh', 'portage/make.conf', 'arguments', 'repos'])
      assert.ok(existsSync(path.join(overlay, 'run/bootstrap_sdk', name)), name)
    for (const name of ['carried', 'carried.mask'])
      assert.equal(readFileSync(path.join(overlay, 'run/bootstrap_sdk/output', name), 'utf8'), `${name}\n`)
    assert.equal(lstatSync(overlay).mode & 0o7777, 0o755)
  },
)

for (const [stage, isOfSeed] of [
  ['stage1', true],
  ['stage2', false],
] as const)
  test(
    `${stage}: the snapshots are of ${isOfSeed ? 'the seed’s' : 'the checkout’s'} repos`,
    needsRoot(),
    async (t) => {
      const { plan, work, place, layer } = await ground(t, stage)
      mkdirSync(place.snapshots, { recursive: true })
      await makeSnapshots(plan, place, { work, layers: [layer], signal: undefined })
      for (const { name } of plan.repos) {
        const image = path.join(place.snapshots, `${name}-1.0.0+x.sqfs`)
        const files = await must({ argv: ['unsquashfs', '-lln', image] })
        assert.equal(files.includes('/of-the-seed'), isOfSeed)
        assert.match(files, / 0\/0 .*profiles\/repo_name$/m)
      }
    },
  )

/** An archive and its side files, as catalyst makes them: sections in any order, an empty line behind the listing. */
async function catalystOutput({ plan, place }: Ground, root: string): Promise<string> {
  const archive = path.join(place.builds, 'stage3-amd64-1.0.0+x.tar.bz2')
  mkdirSync(place.builds, { recursive: true })
  mkdirSync(path.join(root, 'var/db/pkg/sys-apps/x-1'), { recursive: true })
  for (const [key, value] of Object.entries({ PF: 'x-1', repository: 'main', SLOT: '0', BUILD_TIME: '7' }))
    writeFileSync(path.join(root, 'var/db/pkg/sys-apps/x-1', key), `${value}\n`)
  await must({ argv: ['tar', '--xattrs', '-I', 'lbzip2', '-cf', archive, '-C', root, '.'] })
  const { contents, digests } = sideFiles(archive)
  writeFileSync(contents, gzipSync(Buffer.from(`${listing(archive)}\n`, 'latin1')))
  const line = (file: string, [name, algorithm]: readonly [string, string]): string => {
    const hex = createHash(algorithm).update(readFileSync(file)).digest('hex')
    return `# ${name} HASH\n${hex}  ${path.basename(file)}\n`
  }
  const algorithms = [
    ['SHA512', 'sha512'],
    ['MD5', 'md5'],
    ['BLAKE2B', 'blake2b512'],
    ['SHA1', 'sha1'],
  ] as const
  writeFileSync(
    digests,
    [archive, contents].flatMap((file) => algorithms.map((each) => line(file, each))).join(''),
  )
  assert.equal(await findArchive(plan, place), archive)
  return archive
}

async function servicesFor(t: TestContext, plan: StagePlan): Promise<StageServices> {
  const trees = await openTreeStore(plan.layout, treeMembers)
  t.after(() => trees.close())
  const unused = {} as StageServices['mirrors']
  return {
    trees,
    heldRoot: () => undefined,
    mirrors: unused,
    emit: () => {},
    signal: undefined,
    later: () => {},
    runner: nativeRunner,
  }
}

test('an archive of catalyst is taken over as it is, under our name', needsRoot(), async (t) => {
  const place = await ground(t, 'stage3')
  const root = path.join(place.work.tmp, 'tree')
  makeTree(root)
  const built = await catalystOutput(place, root)
  const bytes = readFileSync(built)
  const { finished, packages, directory } = await takeArchive(
    place.plan,
    built,
    await servicesFor(t, place.plan),
  )
  assert.equal(finished.archive, place.plan.layout.archive('stage3', 'bz2'))
  assert.ok(readFileSync(finished.archive).equals(bytes))
  assert.deepEqual(packages, ['sys-apps/x-1\tmain\t0\t7'])
  assert.equal(readFileSync(path.join(directory, 'usr/bin/ping'), 'utf8'), 'ping')
  assert.ok(finished.scan.unowned?.names.includes('/usr/bin/ping'))
  const { contents, digests } = sideFiles(finished.archive)
  const text = readFileSync(digests, 'utf8')
  for (const file of [finished.archive, contents]) await verifyDigests({ file, text, source: digests })
  assert.deepEqual(
    [...parseDigests(text, digests).keys()],
    [finished.archive, contents].map((file) => path.basename(file)),
  )
  const tar = (await must({ argv: ['sh', '-c', 'lbzip2 -dc "$0" | sha256sum', finished.archive] })).split(
    ' ',
  )[0]
  assert.equal(finished.pack.tarSha256, tar)
  assert.equal(finished.pack.digests.sha256, createHash('sha256').update(bytes).digest('hex'))
  assert.equal(finished.pack.bytes, bytes.length)
})

const BROKEN: readonly [string, (archive: string) => void, RegExp][] = [
  [
    'a changed archive',
    (archive) => writeFileSync(archive, 'x', { flag: 'a' }),
    /do not fit: .*expected md5|sha512/,
  ],
  [
    'a listing of other length',
    (archive) => {
      const { contents, digests } = sideFiles(archive)
      const before = readFileSync(contents)
      writeFileSync(contents, gzipSync('one\ntar: something is wrong\n'))
      // The digests are of the listing as it is, so only the count can tell.
      let text = readFileSync(digests, 'utf8')
      for (const algorithm of ['sha512', 'md5', 'blake2b512', 'sha1']) {
        const digest = (data: Buffer): string => createHash(algorithm).update(data).digest('hex')
        text = text.replaceAll(digest(before), digest(readFileSync(contents)))
      }
      writeFileSync(digests, text)
    },
    /expected \d+ lines, found 2$/,
  ],
]
for (const [what, damage, message] of BROKEN)
  test(`${what} is not taken over`, needsRoot(), async (t) => {
    const place = await ground(t, 'stage3')
    const root = path.join(place.work.tmp, 'tree')
    makeTree(root)
    const built = await catalystOutput(place, root)
    damage(built)
    const services = await servicesFor(t, place.plan)
    await assert.rejects(takeArchive(place.plan, built, services), (error) => {
      assert.ok(error instanceof SdkError && error.code === 'SDK_VERIFY', String(error))
      assert.match(error.message, message)
      return true
    })
    assert.equal(existsSync(place.plan.layout.archive('stage3', 'bz2')), false)
  })
