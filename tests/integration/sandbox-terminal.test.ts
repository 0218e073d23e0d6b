// Programs of a sandbox on the caller's streams: a terminal of their own, and no way back to the caller's.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { SandboxSpec } from '../../src/sandbox/spec.js'
import { finish, place, privileged, text } from './sandbox-helpers.js'

const DRIVER = path.resolve(import.meta.dirname, '../../../tests/fixtures/on-terminal.py')

interface Session {
  exitCode: number
  output: string
  left: string
  isAsBefore: boolean
  steps: unknown[]
}

/** A program that enters `spec` on its own streams and ends as it does. */
function caller(root: string, spec: SandboxSpec, scratch: string): [string, ...string[]] {
  const program = path.join(root, 'enter.mjs')
  const source = path.resolve(fileURLToPath(import.meta.url), '../../../src/sandbox/enter.js')
  fs.writeFileSync(
    program,
    `import { enterSandbox } from ${JSON.stringify(source)}
    const child = enterSandbox(${JSON.stringify(spec)}, { scratch: ${JSON.stringify(scratch)}, stdio: 'inherit' })
    child.on('close', (code) => { process.exitCode = code })`,
  )
  return [process.execPath, program]
}

/** Plays `steps` on a terminal of 33 rows and 77 columns, where `script` runs in a sandbox. */
async function play(
  t: TestContext,
  script: string,
  { steps = [], isNest = false }: { steps?: object[]; isNest?: boolean } = {},
): Promise<Session> {
  const { root, spec, scratch, layer, directory } = place(t)
  const upper = { upper: directory('upper'), work: directory('ovl') }
  const changes: Partial<SandboxSpec> = isNest ? { root: { kind: 'nest', layers: [layer], ...upper } } : {}
  const program = caller(root, spec(script, changes), scratch)
  const argv = [DRIVER, '33', '77', JSON.stringify(steps), '--', ...program]
  const { stdout, stderr } = await finish(spawn('python3', argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
  assert.equal(stderr, '')
  return JSON.parse(stdout) as Session
}

/** Types `keys` by TIOCSTI into whatever terminal it finds, and says what came of it. */
const inject = (keys: string): string =>
  `perl -e 'for my $t (qw(/dev/tty /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2)) { open my $h, "+<", $t or next;
    for my $request (0x5412, 0x100005412) { for (split //, "${keys}") { print ioctl($h, $request, $_) ? "typed" : "refused", "\\n" } } }'`

test('what is typed into the terminal from inside does not reach the caller', privileged, async (t) => {
  const { output, left, exitCode } = await play(t, `${inject('id')}; tty; exit 0`)
  assert.match(output, /refused/)
  assert.doesNotMatch(output, /typed/)
  assert.equal(left, '')
  assert.equal(exitCode, 0)
})

test(
  'a nest, which may type into its own terminal, does not reach the caller either',
  privileged,
  async (t) => {
    const { output, left, isAsBefore } = await play(t, inject('id'), { isNest: true })
    assert.match(output, /typed/)
    assert.deepEqual([left, isAsBefore], ['', true])
  },
)

test(
  'the terminal inside is the size of the window, follows it, and is left as it was',
  privileged,
  async (t) => {
    const script = `stty size; stty -echo raw; echo ready
    n=0; until [ "$(stty size)" = "40 100" ] || [ $((n++)) = 200 ]; do sleep 0.05; done; stty size; exit 7`
    const session = await play(t, script, { steps: [{ until: 'ready' }, { size: [40, 100] }] })
    assert.match(session.output, /33 77[\s\S]*ready[\s\S]*40 100/)
    assert.deepEqual([session.exitCode, session.isAsBefore, session.steps], [7, true, []])
  },
)

test('keys get through, Ctrl-C ends what runs inside and not the caller', privileged, async (t) => {
  const session = await play(
    t,
    `trap 'echo interrupted; exit 5' INT; read -r line; echo "got $line"; while :; do sleep 0.1; done`,
    { steps: [{ type: 'some words\r' }, { until: 'got some words' }, { type: '\x03' }] },
  )
  assert.match(session.output, /interrupted/)
  assert.deepEqual([session.exitCode, session.isAsBefore], [5, true])
})

test('a program that is killed on a terminal is told from one that ends', privileged, async (t) => {
  const { exitCode, isAsBefore } = await play(t, 'stty raw -echo; kill -9 $$')
  assert.deepEqual([exitCode, isAsBefore], [137, true])
})

test(
  'streams that are no terminal are passed on by pipes: files of the caller cannot be opened again',
  privileged,
  async (t) => {
    const { root, spec, scratch } = place(t)
    const input = path.join(root, 'input')
    const output = path.join(root, 'output')
    fs.writeFileSync(input, 'of the caller\n')
    fs.writeFileSync(output, 'before\n')
    const script = `cat; for fd in 0 1 2; do echo overwritten 1<>/proc/self/fd/$fd >/proc/self/fd/$fd; done 2>/dev/null; exit 3`
    const [program, ...argv] = caller(root, spec(script), scratch)
    const child = spawn(program, argv, {
      stdio: [fs.openSync(input, 'r+'), fs.openSync(output, 'a'), 'pipe'],
    })
    const [said, exitCode] = await Promise.all([
      text(child.stderr),
      new Promise((resolve) => child.on('close', resolve)),
    ])
    assert.equal(exitCode, 3, said)
    assert.equal(fs.readFileSync(input, 'utf8'), 'of the caller\n')
    assert.match(fs.readFileSync(output, 'utf8'), /^before\nof the caller\n/)
  },
)

test('without a terminal on its input, a program has none at all', privileged, async (t) => {
  const { root, spec, scratch } = place(t)
  const script = `${inject('id')}; : </dev/tty && echo has a terminal; exit 0`
  const [program, argument] = caller(root, spec(script), scratch) as [string, string]
  const argv = [DRIVER, '24', '80', '[]', '--', 'bash', '-c', 'echo | "$@"', '-', program, argument]
  const { stdout } = await finish(spawn('python3', argv, { stdio: ['ignore', 'pipe', 'pipe'] }))
  const { output, left, exitCode } = JSON.parse(stdout) as Session
  assert.match(output, /No such device or address/)
  assert.doesNotMatch(output, /typed|has a terminal/)
  assert.deepEqual([left, exitCode], ['', 0])
})
