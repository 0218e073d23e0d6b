// The verb store on a real registry: what is finished here goes there by hand, is listed, comes back as files, and goes when it is old.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { must } from '../../src/process/run.js'
import { makeKey, NO_REGISTRY, startRegistry } from '../helpers/registry-server.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

const KEYS = ['1', '2'].map((digit) => digit.repeat(64))

test('store push, ls, pull and gc', { skip: NO_REGISTRY }, async (t) => {
  const { folder, layout, place } = await ground(t)
  const server = await startRegistry(t)
  const key = makeKey(folder, 'ci')
  const words = ['--store', `oci://${server.host}/sdk`, '--store_keys', `${key}.pub`]
  const ask = async (
    ...operands: string[]
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }> =>
    await cli(['store', ...operands, ...words, '--json'])
  const one = await finishStage(layout, 'stage1', {
    tree: smallTree(path.join(folder, 'a'), 'a'),
    inputs: { key: KEYS[0] as string },
  })
  const seed = one.record.output.sha256
  await finishStage(layout, 'stage2', {
    tree: smallTree(path.join(folder, 'b'), 'b'),
    seed,
    inputs: { key: KEYS[1] as string },
  })
  await finishStage(layout, 'stage3', { tree: smallTree(path.join(folder, 'c'), 'c') })
  for (const archive of ['stage1', 'stage2'].map((stage) => layout.archive(stage, 'zstd')))
    assert.ok(readFileSync(`${archive}.DIGESTS`).length > 0)

  const empty = await ask('ls')
  assert.deepEqual(
    [empty.exitCode, (JSON.parse(empty.stdout) as { stages: unknown[] }).stages],
    [0, []],
    empty.stderr,
  )
  const withoutKey = await cli(['store', 'push', ...place, ...words])
  assert.equal(withoutKey.exitCode, 2)

  const push = ['push', ...place, '--store_sign', key]
  const pushed = await ask(...push)
  assert.equal(pushed.exitCode, 0, pushed.stderr)
  const outcomes = (text: string): string[] =>
    (JSON.parse(text) as { stages: { stage: string; outcome: string }[] }).stages.map(
      (each) => `${each.stage} ${each.outcome}`,
    )
  assert.deepEqual(outcomes(pushed.stdout), ['stage1 pushed', 'stage2 pushed'])
  assert.deepEqual(outcomes((await ask(...push, 'stage2')).stdout), ['stage2 there already'])

  const { stages } = JSON.parse((await ask('ls')).stdout) as {
    stages: { key: string; stage: string; signedBy: string }[]
  }
  assert.deepEqual(
    stages.map((each) => [each.key, each.stage]),
    [
      [KEYS[0], 'stage1'],
      [KEYS[1], 'stage2'],
    ],
  )
  assert.match(stages[0]?.signedBy ?? '', /^ci \(SHA256:/)

  const target = path.join(folder, 'pulled')
  const pulled = await ask('pull', '11111111', target)
  assert.equal(pulled.exitCode, 0, pulled.stderr)
  const name = path.basename(one.archive)
  assert.deepEqual(
    readdirSync(target).sort(),
    ['', '.CONTENTS.gz', '.DIGESTS', '.record.json'].map((suffix) => `${name}${suffix}`),
  )
  assert.deepEqual(readFileSync(path.join(target, name)), readFileSync(one.archive))
  assert.equal((await ask('pull', '33333333', target)).exitCode, 2)

  // The stages of the test were finished long ago.
  const dry = await ask('gc', '--keep', '1', '--min_age', '1d', '--dry_run')
  assert.deepEqual((JSON.parse(dry.stdout) as { removed: unknown[] }).removed, [])
  const foreign = makeKey(path.join(folder, 'foreign'), 'somebody')
  const theirs = ['--store', `oci://${server.host}/sdk`, '--store_keys', `${foreign}.pub`, '--json']
  const refused = JSON.parse((await cli(['store', 'ls', ...theirs])).stdout) as {
    stages: unknown[]
    refused: unknown[]
  }
  assert.deepEqual([refused.stages.length, refused.refused.length], [0, 2])
  assert.equal((await cli(['store', 'pull', '11111111', target, ...theirs])).exitCode, 4)

  const other = await finishStage(layout, 'stage1', {
    tree: smallTree(path.join(folder, 'd'), 'd'),
    inputs: { key: KEYS[0] as string },
  })
  const second = await ask(...push, 'stage1')
  assert.equal(second.exitCode, 7, second.stderr)
  assert.match(second.stderr, new RegExp(other.record.output.sha256))
  writeFileSync(other.archive, 'damaged')
  assert.equal((await ask(...push, 'stage1')).exitCode, 4)

  await server.kill()
  assert.equal((await ask('ls')).exitCode, 3)
})

test('store: what is not said, or wrong, is refused before anything is asked', {
  skip: NO_REGISTRY,
}, async () => {
  for (const words of [
    [],
    ['nonsense'],
    ['ls'],
    ['pull', 'x', 'y'],
    ['gc', '--min_age', 'x'],
    ['ls', '--store', 'https://h.example/x'],
  ])
    assert.equal((await cli(['store', ...words])).exitCode, 2, words.join(' '))
})

test('a list in which a line has no key is refused, and so is a private key', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { folder } = await ground(t)
  const key = makeKey(folder, 'ci')
  const good = readFileSync(`${key}.pub`, 'utf8')
  const lists: [string, RegExp][] = [
    [readFileSync(key, 'utf8'), /is a private key/],
    ['# nobody\n\n', /has no keys/],
    ['somebody\n', /has no key in line 1/],
    [`# ours\n${good}bob ssh-ed25519 AAAA\n`, /has no key in line 3/],
    [`x ${good.replace(/ AAAA/, ' AAAB')}`, /has no key in line 1/],
  ]
  for (const [text, why] of lists) {
    const file = path.join(folder, 'keys')
    writeFileSync(file, text)
    const ran = await cli(['store', 'ls', '--store', 'oci://127.0.0.1:9/sdk', '--store_keys', file])
    assert.deepEqual([ran.exitCode, why.test(ran.stderr)], [2, true], `${text}: ${ran.stderr}`)
  }
})

test('keys that are no files are refused by name, and a FIFO is not waited for', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { folder, place } = await ground(t)
  await must({ argv: ['mkfifo', path.join(folder, 'fifo')] })
  const key = makeKey(folder, 'ci')
  const kinds: [string, string][] = [
    ['nothing', 'none|No such file'],
    ['.', 'a folder'],
    ['fifo', 'a FIFO'],
  ]
  for (const [name, found] of kinds)
    for (const [option, other] of [
      ['--store_keys', ['--store_sign', key]],
      ['--store_sign', ['--store_keys', `${key}.pub`]],
    ] as const) {
      const words = ['--store', 'oci://127.0.0.1:9/sdk', option, path.join(folder, name), ...other]
      const ran = await cli(['store', 'push', ...place, ...words])
      assert.equal(ran.exitCode, 2, `${option} ${name}: ${ran.stderr}`)
      assert.match(ran.stderr, new RegExp(`${option}: .*(?:${found})`), `${option} ${name}`)
    }
})
