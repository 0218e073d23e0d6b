import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import {
  createLayout,
  forecastPaths,
  inRoot,
  ROOT_FOLDERS,
  rootFolders,
  sideFiles,
  storePaths,
} from '../../../src/store/layout.js'

const names = { root: '/c', type: 'flatcar-sdk', arch: 'amd64', version: '2783.0.0+2021-02-26-1321' }

test("names are Flatcar's", () => {
  const layout = createLayout(names)
  const stamp = 'amd64-2783.0.0+2021-02-26-1321'
  assert.equal(layout.archive('stage3', 'bz2'), `/c/builds/flatcar-sdk/stage3-${stamp}.tar.bz2`)
  assert.equal(layout.latestLink('stage3', 'zstd'), '/c/builds/flatcar-sdk/stage3-amd64-latest.tar.zst')
  assert.equal(layout.release('xz'), `/c/builds/flatcar-sdk/flatcar-sdk-${stamp}.tar.xz`)
  assert.equal(layout.stageLog('stage1'), `/c/log/flatcar-sdk/stage1-${stamp}`)
  assert.equal(layout.journal, '/c/log/flatcar-sdk/2783.0.0+2021-02-26-1321/journal.jsonl')
  assert.equal(layout.packages('stage2', 'ab12'), '/c/packages/flatcar-sdk/.stage2-amd64/ab12')
  assert.equal(
    layout.answers('0123456789abcdef0123'),
    '/c/packages/flatcar-sdk/.answers-amd64/0123456789abcdef',
  )
  assert.equal(layout.work('stage4'), `/c/work/flatcar-sdk/stage4-${stamp}`)
  assert.deepEqual(sideFiles('/b/x.tar.zst'), {
    contents: '/b/x.tar.zst.CONTENTS.gz',
    digests: '/b/x.tar.zst.DIGESTS',
    record: '/b/x.tar.zst.record.json',
    lineage: '/b/x.tar.zst.lineage.gz',
  })
})

test('versions do not share files, but for the links to the latest', () => {
  const paths = (version: string): string[] => {
    const layout = createLayout({ ...names, version })
    const { journal, versionLock } = layout
    return [
      ...[layout.archive('stage1', 'zstd'), layout.release('zstd'), layout.stageLog('stage1')],
      ...[layout.work('stage1'), journal, versionLock],
    ]
  }
  const other = new Set(paths('2.0.0'))
  assert.deepEqual(
    paths('1.0.0').filter((each) => other.has(each)),
    [],
  )
})

test('the longest names fit a file name with all that is added to them', () => {
  const layout = createLayout({
    root: '/c',
    type: 't'.repeat(40),
    arch: 'a'.repeat(32),
    version: '1'.repeat(100),
  })
  const record = sideFiles(layout.release('zstd')).record
  assert.ok((record.split('/').at(-1)?.length ?? 0) + '..partial-0123456789ab'.length <= 255)
})

for (const wrong of [
  '',
  '.',
  '..',
  'a/b',
  '../x',
  'a b',
  'a\n',
  'a\0',
  '-x',
  '.hidden',
  'x'.repeat(101),
  'é',
]) {
  test(`no part of a name: ${JSON.stringify(wrong.slice(0, 10))}`, () => {
    const usage = { code: 'SDK_USAGE' }
    for (const what of ['type', 'arch', 'version']) {
      // Catalyst's rel_type may be several folders.
      if (what !== 'type' || wrong !== 'a/b')
        assert.throws(() => createLayout({ ...names, [what]: wrong }), usage)
    }
    assert.throws(() => createLayout(names).archive(wrong, 'zstd'), usage)
    assert.throws(() => createLayout(names).packages('stage1', wrong), usage)
  })
}

test('a type may be folders within each other', () => {
  const layout = createLayout({ ...names, type: '23.0-default/weekly' })
  assert.ok(layout.archive('stage3', 'xz').startsWith(`${names.root}/builds/23.0-default/weekly/stage3-`))
  assert.ok(layout.versionLock.startsWith(`${names.root}/locks/23.0-default-weekly-`))
})

for (const root of ['', 'relative', '/', '/a/../b', '/a/./b']) {
  test(`no catalyst root: ${JSON.stringify(root)}`, () => {
    assert.throws(() => createLayout({ ...names, root }), { code: 'SDK_USAGE' })
  })
}

const PROJECT = path.resolve(import.meta.dirname, '../../../..')

test('every name is in a folder of the one list, and every folder of it has a name or a drawing', () => {
  const layout = createLayout(names)
  const { builds, journal, report, distfiles, seeds, sdks, locks, store, attempts } = layout
  const paths = [
    ...[builds, journal, report, distfiles, seeds, sdks, locks, store, attempts],
    ...[
      layout.archive('stage1', 'xz'),
      layout.stageLog('stage1'),
      layout.packages('stage1', 'a'),
      layout.kept('a'),
    ],
    ...[layout.work('stage1'), layout.carried('f'.repeat(64)), layout.versionLock, layout.storeLock],
    ...[...Object.values(storePaths(store)), ...Object.values(forecastPaths(store))],
  ]
  const folders = rootFolders()
  const folderOf = (file: string): string => path.relative('/c', file).split('/')[0] ?? ''
  assert.deepEqual([...new Set(paths.map(folderOf))].sort(), [...folders].sort())
  const drawing = readFileSync(path.join(PROJECT, 'src/store/layout.ts'), 'utf8').split('\n\n', 1)[0] ?? ''
  for (const folder of folders) assert.match(drawing, new RegExp(`^// ${folder.replace('.', '\\.')}/`, 'm'))
  // Whoever removes the root holds its locks until nothing else is left.
  assert.equal(folders.at(-1), 'locks')
  // What is made again is no loss; logs, seeds and sources are not made again.
  assert.deepEqual(
    rootFolders(({ isCleaned }) => isCleaned),
    ['store', 'packages', 'work'],
  )
  assert.equal(inRoot('/c', 'work', 'a', 'b'), '/c/work/a/b')
})

test('no other file joins such a folder to a root', () => {
  const files = readdirSync(path.join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const folders = Object.keys(ROOT_FOLDERS).map((name) => name.replace('.', '\\.'))
  const joined = new RegExp(
    `join\\((?:[a-z]+\\.)*(?:root|store), '(?:${folders.join('|')}|repos|trees|layers)['/]`,
  )
  const found = files.filter((file) => joined.test(readFileSync(path.join(PROJECT, 'src', file), 'utf8')))
  // Catalyst has a root of its own for each stage that it builds, and its files name what is in the engine's.
  assert.deepEqual(found.sort(), [
    'catalyst/read/load-spec.ts',
    'catalyst/run/own-root.ts',
    'catalyst/write-specs.ts',
  ])
})
