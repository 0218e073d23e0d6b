// How a sandbox ends: exit codes, failure of the sandbox itself, abort, kill -9 (faults 2, 3, 17 and 74).

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { enterSandbox } from '../../src/sandbox/enter.js'
import { explainSandboxFailure, findSandboxFailure } from '../../src/sandbox/failure.js'
import { probeSandbox } from '../../src/sandbox/probe.js'
import type { SandboxSpec } from '../../src/sandbox/spec.js'
import {
  eventually,
  finish,
  mountsBelow,
  type Place,
  place,
  privileged,
  processes,
} from './sandbox-helpers.js'

test('the exit code of the program passes through', privileged, async (t) => {
  const { run } = place(t)
  assert.equal((await run('exit 7')).exitCode, 7)
  assert.equal((await run('kill -9 $$')).exitCode, 137)
  assert.equal((await run('', { argv: ['no-such-program'] })).exitCode, 127)
  const own = await run('echo "sandbox lookalike" >&2; exit 125')
  assert.equal(findSandboxFailure({ exitCode: own.exitCode, signal: null }, own.stderr), undefined)
})

test('a sandbox that cannot be made says so with 125', privileged, async (t) => {
  const { run, directory, root } = place(t)
  const missing = await run('true', { root: { kind: 'layers', layers: [directory('a'), `${root}/b`] } })
  assert.equal(missing.exitCode, 125)
  assert.match(missing.stderr, /^sandbox: SDK_INTERNAL: .*\/b does not exist/m)
  const cwd = await run('true', { cwd: '/nowhere' })
  assert.match(cwd.stderr, /^sandbox: SDK_SEED: \/nowhere does not exist/m)
  assert.equal(cwd.exitCode, 125)
})

test('without the capability for it, the host is to blame', privileged, async (t) => {
  const { spec, scratch, root } = place(t)
  const { program, scriptArguments } = supervisor(root, spec('true'), scratch)
  const argv = ['--bounding-set=-sys_admin', '--inh-caps=-all', process.execPath, program, ...scriptArguments]
  const ran = await finish(spawn('setpriv', argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
  assert.equal(ran.exitCode, 125)
  const error = explainSandboxFailure({ exitCode: 125, signal: null }, ran.stderr)
  assert.equal(error.code, 'SDK_HOST')
  assert.match(error.message, /CAP_SYS_ADMIN/)
})

test('when the program ends, its daemons end', privileged, async (t) => {
  const { run } = place(t)
  const { stdout } = await run('setsid sleep 1000 >/dev/null 2>&1 & readlink /proc/self/ns/pid')
  assert.deepEqual(membersOf(stdout.trim()), [])
})

test('abort asks the program first', privileged, async (t) => {
  const { spec, scratch } = place(t)
  const controller = new AbortController()
  const script = 'trap "echo asked; exit 3" TERM; echo up; while :; do sleep 0.05; done'
  const child = enterSandbox(spec(script), { scratch, signal: controller.signal })
  child.stdout?.once('data', () => controller.abort())
  const { exitCode, stdout } = await finish(child)
  assert.deepEqual([exitCode, stdout], [3, 'up\nasked\n'])
})

test('a second SIGTERM kills a program that does not listen', privileged, async (t) => {
  const { spec, scratch } = place(t)
  const script = 'trap "echo asked" TERM; readlink /proc/self/ns/pid; while :; do sleep 0.05; done'
  const child = enterSandbox(spec(script), { scratch })
  child.stdout?.on('data', () => child.kill('SIGTERM'))
  const { exitCode, stdout } = await finish(child)
  assert.equal(exitCode, 137)
  assert.deepEqual(membersOf(stdout.split('\n')[0] as string), [])
})

test('abort at any moment of the assembly leaves nothing', privileged, async (t) => {
  const { spec, scratch, root } = place(t)
  for (const afterMs of [0, 8, 16, 32, 64]) {
    const child = enterSandbox(spec('sleep 1000'), { scratch, signal: AbortSignal.timeout(afterMs) })
    const { exitCode, stderr } = await finish(child)
    assert.ok(exitCode === null || exitCode === 143, `${exitCode} ${stderr}`)
    // Ended before it could pass the signal on, it leaves its child to find that out.
    await eventually(() => naming(root).length === 0)
    assert.deepEqual(mountsBelow(root), [])
  }
})

test('kill -9 of the engine leaves no process and no mount', privileged, async (t) => {
  const { spec, scratch, root } = place(t)
  // Whoever holds the lifeline of process 1 still dies: by its parent's death signal.
  const script =
    'exec 9>/proc/1/fd/0; setsid sleep 1000 >/dev/null 2>&1 & readlink /proc/self/ns/pid; sleep 1000'
  const engine = startEngine(root, spec(script), scratch)
  const namespace = await said(engine, /pid:\[\d+\]/)
  await eventually(() => membersOf(namespace).length >= 3)
  engine.kill('SIGKILL')
  await eventually(() => membersOf(namespace).length === 0 && naming(root).length === 0)
  assert.deepEqual(mountsBelow(root), [])
})

test('kill -9 of the engine at any moment of the assembly leaves nothing', privileged, async (t) => {
  const { spec, scratch, root } = place(t)
  for (const afterMs of [0, 8, 16, 32, 64, 128]) {
    const engine = startEngine(root, spec('setsid sleep 1000 & sleep 1000'), scratch)
    await said(engine, /started/)
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    engine.kill('SIGKILL')
    await eventually(() => naming(root).length === 0)
    assert.deepEqual(mountsBelow(root), [])
    assert.deepEqual(fs.readdirSync(scratch), [])
  }
})

test('a sandbox whose parent is already gone does not start', privileged, async (t) => {
  const { root } = place(t)
  const enter = fileURLToPath(new URL('../../../src/sandbox/enter.sh', import.meta.url))
  const ran = await finish(
    spawn('bash', [enter, 'start', '1', 'own', '0', 'layers', 'off', root], { stdio: 'pipe' }),
  )
  assert.equal(ran.exitCode, 125)
  assert.match(ran.stderr, /^sandbox: SDK_INTERNAL: the process that started the sandbox \(1\) is gone/)
})

test('the probe finds a machine that can make sandboxes', privileged, async (t) => {
  const { directory } = place(t)
  const where = directory('builds')
  assert.deepEqual(await probeSandbox(where), { ok: true, problems: [] })
  assert.deepEqual(fs.readdirSync(where), [])
})

/** A program that stands for the engine: it enters the sandbox, says so, and waits. */
function supervisor(
  root: string,
  spec: SandboxSpec,
  scratch: string,
): { program: string; scriptArguments: string[] } {
  const program = path.join(root, 'engine.mjs')
  fs.writeFileSync(
    program,
    `import { enterSandbox } from ${JSON.stringify(new URL('../../src/sandbox/enter.js', import.meta.url).href)}
const [spec, scratch] = process.argv.slice(2)
const child = enterSandbox(JSON.parse(spec), { scratch })
process.stdout.write('started\\n')
child.stdout.pipe(process.stdout)
child.stderr.pipe(process.stderr)
child.on('close', (code) => { process.exitCode = code ?? 1 })
`,
  )
  return { program, scriptArguments: [JSON.stringify(spec), scratch] }
}

function startEngine(root: string, spec: SandboxSpec, scratch: string): ChildProcess {
  const { program, scriptArguments } = supervisor(root, spec, scratch)
  return spawn(process.execPath, [program, ...scriptArguments], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits until the output of `child` has `pattern`; the match. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let output = ''
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk) => {
      output += String(chunk)
      const match = pattern.exec(output)
      if (match !== null) resolve(match[0])
    })
  })
}

/** Processes in a pid namespace, named as /proc/ID/ns/pid shows it. */
function membersOf(namespace: string): string[] {
  assert.match(namespace, /^pid:\[\d+\]$/)
  return processes((directory) => fs.readlinkSync(`${directory}/ns/pid`) === namespace)
}

/** Processes whose command line names the test's directory: supervisor and holder of the namespaces. */
function naming(root: Place['root']): string[] {
  return processes((directory) => fs.readFileSync(`${directory}/cmdline`, 'utf8').includes(root))
}
