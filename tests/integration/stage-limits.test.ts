// Stages that take all they can get: each meets its bound, is told by name, and leaves nothing.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { runSettings } from '../../src/bootstrap/session.js'
import type { SdkError } from '../../src/errors.js'
import {
  type Bounds,
  type ControlGroup,
  makeControlGroup,
  stageBounds,
} from '../../src/sandbox/limits/control-group.js'
import { usageOf } from '../../src/sandbox/limits/usage.js'
import { runPass, stageFailure } from '../../src/stage/run/run-script.js'
import { runLogged } from '../../src/stage/watch/logged.js'
import { type HostilePlace, hostilePlace } from '../helpers/hostile-stage.js'
import { requestFor } from './publish-helpers.js'
import { mountsBelow, place, privileged, processes } from './sandbox-helpers.js'
import { temporary } from './store-helpers.js'
import { ground } from './verbs-helpers.js'

const BOUNDS: Bounds = { memoryBytes: 96 * 2 ** 20, processes: 100 }

/** A group, where this machine can have some: in a container without them stages have the other bounds alone. */
function groupHere(t: TestContext): ControlGroup | undefined {
  const group = makeControlGroup(BOUNDS)
  if (group === undefined) t.diagnostic('no control groups can be made here')
  group?.remove()
  return group
}

const FAILED = `printf ">>> Failed to emerge a/hog-1, Log file:\\n\\n>>>  '/var/log/portage/hog.log'\\n"; exit 1`

/** Runs a stage whose package does `script`, until it fails; nothing of it is left. */
async function fail({ root, open }: HostilePlace, script: string): Promise<SdkError> {
  const attempt = await open(
    `echo '>>> Emerging (1 of 1) a/hog-1::r'; ( ${script} ) >/var/log/portage/hog.log 2>&1 || { ${FAILED}; }`,
  )
  const plan = { ...attempt.plan, memoryBytes: BOUNDS.memoryBytes }
  const error = await runPass(plan, 'run', attempt.context).then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason as SdkError,
  )
  assert.deepEqual(leftOf(root), [])
  return error
}

const leftOf = (root: string): string[] => [
  ...mountsBelow(root),
  ...processes((each) => fs.readFileSync(`${each}/cmdline`, 'utf8').includes(root)),
]

/** Uses 300 ms of a processor, and ends. */
const BURN = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);'

test(
  'a stage is measured by its group: what no parent has waited for counts, and pages of files do not',
  privileged,
  async (t) => {
    if (groupHere(t) === undefined) return
    const group = makeControlGroup({ ...BOUNDS, memoryBytes: 2 ** 30 })
    assert.ok(group)
    // Those whose parent ignores their end count for nobody in /proc.
    const parent =
      '$SIG{CHLD} = "IGNORE"; system($ENV{NODE}, "-e", $ENV{BURN}); exec($ENV{NODE}, "-e", $ENV{HOLD})'
    const script = `for file; do echo 0 >"$file"; done; exec perl -e '${parent}'`
    const hold =
      'const held = Buffer.alloc(2 ** 26, 7); process.stdout.write("x"); setInterval(() => held.length, 1e6)'
    const env = { NODE: process.execPath, BURN, HOLD: hold, PATH: process.env.PATH ?? '' }
    const child = spawn('bash', ['-c', script, 'bash', ...group.joins], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(child.stdout, 'data')
      const { cpuMs, memoryBytes, processes: count } = group.usage()
      const byProcess = usageOf(child.pid ?? 0)
      assert.equal(count, 1)
      assert.ok((memoryBytes ?? 0) >= 2 ** 26 && (memoryBytes ?? 0) < 2 ** 27, `${memoryBytes}`)
      assert.ok(byProcess !== undefined && Math.abs(byProcess.memoryBytes - (memoryBytes ?? 0)) < 2 ** 23)
      if (cpuMs === undefined) t.diagnostic('control groups do not count processor time here')
      else assert.ok(cpuMs > byProcess.cpuMs + 200, `${cpuMs} by the group, ${byProcess.cpuMs} by /proc`)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
      group.remove()
    }
  },
)

test('the memory that a run is given is that of its stages', async (t) => {
  const here = await ground(t)
  const run = await runSettings({ ...(await requestFor(here)), memoryBytes: 12345678 }, here.layout)
  assert.equal(stageBounds(run).memoryBytes, 12345678)
})

test('a stage that takes all memory, all open files, all of its folders in memory', privileged, async (t) => {
  const here = await hostilePlace(await temporary(t))
  const cases: [string, string, RegExp][] = [
    [
      'open files',
      'perl -e \'while (1) { open(my $f, "<", "/dev/null") or die "$!\\n"; push @f, $f }\'',
      /^stage1 failed \(run\): a\/hog-1: a process had too many open files \(.*524288.*\)\nToo many open files$/,
    ],
    [
      'a folder in memory',
      `perl -e 'syscall(285, fileno(F), 0, 0, 1 << 50) == 0 or die "/run/x: $!\\n" if open(F, ">", "/run/x")'`,
      /^stage1 failed \(run\): a\/hog-1: no space left in a folder that a stage has in memory \(\/tmp, .*\)\n\/run\/x: No space left on device$/,
    ],
  ]
  const isBound = groupHere(t) !== undefined
  const memory =
    /^stage1 failed \(run\): (while it built )?a\/hog-1: there was too little memory \(.*, of which a stage may take 96\.0 MiB; the kernel has killed \d* ?[a-z]* ?process/
  if (isBound)
    cases.push(
      ['memory', 'perl -e \'$x .= "x" x 1e6 while 1\'', memory],
      ['memory of folders', 'head -c 1G /dev/zero >/dev/shm/x', memory],
      ['memory of two folders', 'head -c 60M /dev/zero >/run/x; head -c 60M /dev/zero >/tmp/x', memory],
    )
  for (const [what, script, expected] of cases) {
    const error = await fail(here, script)
    assert.equal(error.code, 'SDK_SPACE', `${what}: ${error.message}`)
    assert.match(error.message, expected, what)
    assert.match(error.hint ?? '', /read .*\/(hog|run)\.log; enter the failed root with/, what)
  }
})

test('a stage that starts processes without an end', privileged, async (t) => {
  if (groupHere(t) === undefined) return
  const { scratch, spec, root } = place(t)
  const { plan } = await (await hostilePlace(await temporary(t))).open('')
  const log = path.join(root, 'run.log')
  const bomb = 'f() { f & f & }; f; wait; for i in $(seq 200); do sleep 100 & done; exit 1'
  const logged = { scratch, signal: undefined, log, bounds: BOUNDS, progress: { write() {}, end() {} } }
  const { outcome, stderr, met } = await runLogged(spec(bomb), logged)
  assert.ok((met.own?.refused ?? 0) > 0)
  const failure = { package: 'a/bomb-1', log: undefined, said: undefined, place: undefined }
  const { code, message } = await stageFailure(plan, { pass: 'run', outcome, failure, log, stderr, met })
  assert.equal(code, 'SDK_SPACE')
  assert.match(
    message,
    /^stage1 failed \(run\): a\/bomb-1: there were too many processes \(.* has refused \d+ of them\)/,
  )
  assert.deepEqual(leftOf(root), [])
})

test(
  'all folders of a sandbox in memory together have a part of the memory, and so many files',
  privileged,
  async (t) => {
    const { basic, run } = place(t)
    const more = { kind: 'tmpfs', target: '/run', mode: '0750' } as const
    const script = `stat -c '%d %a' /tmp /run /dev/shm; stat -f -c '%b %S %c' /tmp
    echo x >/run/x; ls -A /tmp /dev/shm; ln /run/x /tmp/y; ls -A /tmp; grep -c ' /tmp .*nosuid,nodev' /proc/self/mountinfo`
    const { stdout } = await run(script, { mounts: [...basic, more] })
    const [tmp = '', other, shm, size = '', ...rest] = stdout.trim().split('\n')
    const [device = ''] = tmp.split(' ')
    assert.deepEqual([tmp, other, shm], [`${device} 1777`, `${device} 750`, `${device} 1777`])
    const [blocks = 0, bytes = 0, files] = size.split(' ').map(Number)
    assert.ok(blocks * bytes <= 0.41 * os.totalmem(), size)
    assert.equal(files, 800 * 1024)
    assert.deepEqual(rest, ['/dev/shm:', '', '/tmp:', '1'])
  },
)

test(
  'the kernel ends what runs in a sandbox first, and that cannot be undone inside',
  privileged,
  async (t) => {
    const { run } = place(t)
    const { stdout } = await run(
      'cat /proc/self/oom_score_adj; echo 0 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj',
    )
    // The kernel notes who may not undo it where a process with that capability has said it.
    const has = BigInt(`0x${/^CapEff:\s+(\w+)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1]}`)
    assert.equal(stdout, (has >> 24n) & 1n ? '500\n500\n' : '500\n0\n')
  },
)

test(
  'the group of a killed engine is taken away by the next, that of a living one is not',
  privileged,
  async (t) => {
    const mine = makeControlGroup(BOUNDS)
    if (mine === undefined) return t.diagnostic('no control groups can be made here')
    t.after(() => mine.remove())
    const own = pathToFileURL(path.resolve(import.meta.dirname, '../../src/sandbox/limits/control-group.js'))
    const script = `import { makeControlGroup } from ${JSON.stringify(own.href)}
    console.log(JSON.stringify(makeControlGroup(${JSON.stringify(BOUNDS)}).joins)); setInterval(() => {}, 1e6)`
    const engine = spawn(process.execPath, ['--input-type=module', '-e', script])
    const joins = await new Promise<string[]>((resolve) =>
      engine.stdout.once('data', (text) => resolve(JSON.parse(String(text)))),
    )
    const isThere = (files: readonly string[]): boolean[] => files.map((file) => fs.existsSync(file))
    makeControlGroup(BOUNDS)?.remove()
    assert.deepEqual(
      isThere(joins),
      joins.map(() => true),
    )
    engine.kill('SIGKILL')
    await new Promise((resolve) => engine.once('close', resolve))
    makeControlGroup(BOUNDS)?.remove()
    assert.deepEqual(
      isThere(joins),
      joins.map(() => false),
    )
    assert.deepEqual(
      isThere(mine.joins),
      mine.joins.map(() => true),
    )
  },
)
