// --ccache: objects of a stage are kept in a Redis server of the machine, and are the same bytes with and without. The stages are
// real but for Portage: their script compiles by the names that Portage would find.

import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import test from 'node:test'
import { finalizeArchive } from '../../src/archive/pack.js'
import { bootstrap } from '../../src/bootstrap/bootstrap.js'
import { requestLayout, withSession } from '../../src/bootstrap/session.js'
import type { Fact } from '../../src/events/event.js'
import { capture, must } from '../../src/process/run.js'
import { parseVersion } from '../../src/sdk/version.js'
import { chooseSeed } from '../../src/seed/choose.js'
import { openDoor } from '../../src/stage/cache/door.js'
import { withCompilerCache } from '../../src/stage/cache/use.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { workPaths } from '../../src/stage/run/work.js'
import { readRecord, type StageRecord } from '../../src/store/record.js'
import { startRedis } from '../helpers/redis-server.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { packTree } from './archive-helpers.js'
import { requestFor } from './publish-helpers.js'
import { needsRoot, temporary } from './store-helpers.js'
import { type Ground, ground } from './verbs-helpers.js'

/** A seed with a compiler of C. */
async function seedWithCompiler({ folder }: Ground): Promise<string> {
  const root = path.join(folder, 'seed')
  const cc1 = (await must({ argv: ['gcc', '-print-prog-name=cc1'] })).trim()
  tinyRoot(root, ['as', 'cat', 'cp', 'gcc', 'ld', 'ldd', 'ln', 'mkdir', 'mv', 'rm', 'sha256sum', 'stat'])
  for (const each of [
    'etc/portage',
    'usr/bin',
    'usr/include',
    'var/cache',
    'var/db/pkg/a/b-1',
    'var/log',
    'var/tmp',
    path.dirname(cc1),
    REPO,
  ])
    mkdirSync(path.join(root, each), { recursive: true })
  const { stdout } = await capture({ argv: ['ldd', cc1] })
  for (const [library] of stdout.matchAll(/\/\S+(?= \(0x)/g))
    if (!existsSync(path.join(root, library))) {
      mkdirSync(path.dirname(path.join(root, library)), { recursive: true })
      copyFileSync(realpathSync(library), path.join(root, library))
    }
  copyFileSync(cc1, path.join(root, cc1))
  // The driver looks for its other programs from where it is.
  for (const program of ['gcc', 'as'])
    copyFileSync(path.join(root, 'bin', program), path.join(root, 'usr/bin', program))
  for (const program of ['gcc', 'as']) chmodSync(path.join(root, 'usr/bin', program), 0o755)
  writeFileSync(path.join(root, 'usr/include/stdc-predef.h'), '')
  writeFileSync(path.join(root, REPO, 'repo_name'), 'main-repo\n')
  writeFileSync(path.join(root, 'usr/bin/emerge'), '')
  const pack = await packTree(root, path.join(folder, 'seed.tar'))
  await finalizeArchive(pack)
  return pack.target
}

const REPO = 'var/gentoo/repos/main-repo/profiles'

const SCRIPT = `#!/bin/bash
set -eu
export PATH=/usr/bin:/bin
BOOTSTRAP_SDK=/run/bootstrap_sdk
out=\${BOOTSTRAP_SDK}/output
echo '{"distfiles": [], "mirrors": [], "problems": []}' >"\${out}/distfiles.json"
echo '{"live": []}' >"\${out}/live.json"
: >"\${out}/carried" >"\${out}/packages"
[[ $1 == run ]] || exit 0
source "\${BOOTSTRAP_SDK}/stage/lib/ccache.sh"
use_compiler_cache
PATH=\${__PORTAGE_TEST_PATH_OVERRIDE:+\${__PORTAGE_TEST_PATH_OVERRIDE}:}\${PATH}
type -P gcc
mkdir -p /tmp/stage1root/usr
cd /tmp/stage1root/usr
echo 'int answer(int x) { return x * 42 + __LINE__; }' >one.c
echo 'int one(void) { return 1; }' >two.c
# Each is compiled in the two ways; what the cache cannot judge goes to the compiler.
gcc -O2 -c one.c -o one.o
gcc -O2 -g -Wall -c two.c -o two.o
gcc -O2 -S one.c -o one.s
gcc -c one.s -o of-assembly.o
gcc -O2 -B/nowhere -c one.c -o of-others.o
gcc -O2 -march=native -c one.c -o native.o
rm native.o
! gcc -c missing.c 2>/dev/null || exit 1
# The same driver, but another compiler proper, as a patch of the middle end makes one.
mkdir -p /tmp/other/usr/bin /tmp/other/usr/lib
cp -a /usr/bin/gcc /usr/bin/as /tmp/other/usr/bin/
cp -a /usr/lib/gcc /tmp/other/usr/lib/
echo patched >>"/tmp/other$(gcc -print-prog-name=cc1)"
PATH=\${PATH%%:*}:/tmp/other/usr/bin:/usr/bin:/bin
gcc -O2 -c one.c -o patched.o
`

interface Asked {
  readonly version: string
  readonly seed: string
  readonly compilerCache?: string
}

/** Builds stage 1. @returns its record, and what was said */
async function build(place: Ground, { version, seed, compilerCache }: Asked) {
  const asked = await requestFor(place)
  const request = {
    ...{ ...asked, compilerCache, version: parseVersion(version), stages: ['stage1'] as const },
    seed: await chooseSeed({ definition: asked.definition, seedTarball: seed }),
  }
  const layout = await requestLayout(request)
  const said: string[] = []
  const emit = (fact: Fact): void => {
    if (fact.type === 'info' || fact.type === 'warning') said.push(fact.message)
    if (fact.type !== 'step-started' || fact.step !== 'enter') return
    const file = path.join(workPaths(layout.work('stage1')).input, 'stage/stage1.sh')
    writeFileSync(file, SCRIPT)
    chmodSync(file, 0o755)
  }
  await withSession(request, { layout, emit, signal: undefined }, bootstrap)
  const record = (await readRecord(`${layout.archive('stage1', 'zstd')}.record.json`)) as StageRecord
  return { record, said, log: path.join(layout.stageLog('stage1'), 'run.log') }
}

test(
  'a stage with a compiler cache has the same bytes and key as without, and the second has its objects from it',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const server = await startRedis(t, await temporary(t))
    const seed = await seedWithCompiler(place)
    const compilerCache = server.socket
    const without = await build(place, { version: '1.0.0+a', seed })
    const cold = await build(place, { version: '1.0.0+b', seed, compilerCache })
    const warm = await build(place, { version: '1.0.0+c', seed, compilerCache })
    assert.deepEqual(
      [without, cold, warm].map(
        ({ record }) => record.inputs.ccache && { ...record.inputs.ccache, version: '' },
      ),
      [
        undefined,
        { version: '', found: 0, missed: 3, stored: 3 },
        { version: '', found: 3, missed: 0, stored: 0 },
      ],
      `${cold.said.join('\n')}\n${await must({ argv: ['cat', cold.log] })}`,
    )
    assert.match(cold.record.inputs.ccache?.version ?? '', /^4\.\d/)
    assert.ok(
      warm.said.includes(
        'stage1: of 3 objects that were asked for the compiler cache had 3; 0 were put there',
      ),
    )
    for (const { record } of [cold, warm]) {
      assert.equal(record.output.tarSha256, without.record.output.tarSha256)
      assert.equal(record.inputs.key, without.record.inputs.key)
      assert.deepEqual(record.inputs.config, without.record.inputs.config)
    }
    assert.equal(await server.ask('dbsize'), '3')
  },
)

test('a server that is gone is a warning, and the stage goes on', async (t) => {
  const folder = await temporary(t)
  const said: Fact[] = []
  const plan = { stage: 'stage1', compilerCache: path.join(folder, 'gone.sock') } as StagePlan
  const ccache = { version: '4.7.5', found: 0, missed: 0, stored: 0 }
  const attempt = { folder, ccache, emit: (fact: Fact) => said.push(fact) }
  assert.deepEqual(await withCompilerCache(plan, attempt, async (mounts) => mounts), [])
  const [warning] = said
  assert.ok(warning?.type === 'warning' && said.length === 1)
  assert.match(
    warning.message,
    /^the compiler cache at .*gone\.sock cannot be used: .*ENOENT.*stage1 is built without/,
  )
  assert.deepEqual(readdirSync(folder), [])
})

test('the door lets nothing through but entries, from a folder of any depth, and leaves nothing', async (t) => {
  const server = await startRedis(t, await temporary(t))
  const folder = path.join(await temporary(t), 'deep'.repeat(40))
  mkdirSync(folder)
  const door = await openDoor(server.socket, path.join(folder, 'door'))
  const say = async (text: string): Promise<string> => {
    const held = net.connect(door.socket.length > 100 ? await short(door.socket) : door.socket)
    let answer = ''
    held.on('data', (part) => {
      answer += part
      held.end()
    })
    held.on('error', () => {})
    held.write(text)
    await new Promise((resolve) => held.once('close', resolve))
    return answer
  }
  const key = 'ccache:abc'
  assert.equal(await say(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$2\r\nhi\r\n`), '+OK\r\n')
  assert.equal(await say(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`), '$2\r\nhi\r\n')
  for (const words of [
    ['FLUSHALL'],
    ['CONFIG', 'SET', 'dir', '/'],
    ['SAVE'],
    ['SLAVEOF', '127.0.0.1', '1'],
    ['DEL', key],
  ])
    assert.equal(
      await say(
        `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}${' '.repeat(300)}`,
      ),
      '',
      words[0],
    )
  assert.equal(await server.ask('get', key), 'hi')
  assert.deepEqual(door.use, { found: 1, missed: 0, stored: 1 })
  await door.close()
  assert.ok(!existsSync(path.join(folder, 'door')))
})

/** A link by which a socket with a long path can be reached. */
async function short(socket: string): Promise<string> {
  const link = path.join(path.dirname(path.dirname(path.dirname(socket))), 'd')
  await must({ argv: ['ln', '-sfn', path.dirname(socket), link] })
  return path.join(link, path.basename(socket))
}
