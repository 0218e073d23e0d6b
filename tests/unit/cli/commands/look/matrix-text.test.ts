import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import type { MatrixJob } from '../../../../../src/cli/answers/plan.js'
import { matrixLines } from '../../../../../src/cli/commands/look/matrix-text.js'

const job = (stage: MatrixJob['stage'], more: Partial<MatrixJob> = {}): MatrixJob => ({
  ...{
    id: `x-${stage}`,
    key: stage.at(-1)?.repeat(64) ?? '',
    needs: [],
    sdk: 'x',
    arch: 'amd64',
    profile: 'r:p',
  },
  ...{ version: '1.0.0+a', stage, cores: 2, memory: 4, disk: 15, minutes: 10, labels: ['a', 'b'] },
  command: ['bootstrap_sdk', stage, '--sdk', "/it's here", '--version', '1.0.0+a'],
  ...more,
})

const JOBS = [job('stage1'), job('stage2', { needs: ['x-stage1'] })]
/** What nobody has said anything of. */
const BARE = [job('stage1', { key: null, cores: null, memory: null, disk: null, minutes: null, labels: [] })]

const parsed = (engine: Parameters<typeof matrixLines>[0], jobs = JOBS) =>
  JSON.parse(matrixLines(engine, jobs).join('\n'))

test('github: one line, a matrix for each stage', () => {
  assert.equal(matrixLines('github', JOBS).length, 1)
  const { stage1, stage2, stage3 } = parsed('github')
  assert.deepEqual(stage1.include, [
    {
      ...{ id: 'x-stage1', key: `stage-${'1'.repeat(32)}`, version: '1.0.0+a' },
      ...{ runs_on: ['a', 'b'], timeout: 70 },
      run: String.raw`bootstrap_sdk stage1 --sdk '/it'\''s here' --version 1.0.0+a`,
    },
  ])
  assert.deepEqual([stage2.include.length, stage3], [1, { include: [] }])
  const [bare] = parsed('github', BARE).stage1.include
  assert.deepEqual([bare.key, bare.runs_on, bare.timeout], ['x-stage1', ['ubuntu-latest'], 360])
})

test('gitlab: a pipeline whose jobs wait, are locked by key, and are tried again only where it may help', () => {
  const pipeline = parsed('gitlab')
  assert.deepEqual(pipeline.stages, ['stage1', 'stage2'])
  const { script, ...rest } = pipeline['x-stage2']
  assert.deepEqual(rest, {
    ...{ stage: 'stage2', needs: ['x-stage1'], tags: ['a', 'b'], resource_group: `stage-${'2'.repeat(32)}` },
    ...{ retry: { max: 2, exit_codes: [6, 75, 137, 143] }, timeout: '70 minutes' },
  })
  assert.match(script[0], /^bootstrap_sdk stage2 /)
  const bare = parsed('gitlab', BARE)['x-stage1']
  assert.deepEqual(['tags' in bare, 'timeout' in bare], [false, false])
})

test('buildbot: the jobs as they are, and which codes are worth a retry', () => {
  assert.deepEqual(parsed('buildbot'), {
    ...{ format: 1, jobs: JOBS, retry: { worth: [6, 75, 137, 143], never: [2, 4, 5, 7] } },
  })
})

test('slurm: a script that hands each job in after the one that it needs', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'slurm-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // Writes down what it is given, as sbatch would be.
  writeFileSync(
    path.join(folder, 'sbatch'),
    `#!/bin/bash\nn=$(ls ${folder}/*.words 2>/dev/null | wc -l)\nprintf '%s\\n' "$@" >"${folder}/$n.words"\ncat >"${folder}/$n.script"\necho "10$n"\n`,
    { mode: 0o755 },
  )
  const said = execFileSync('bash', ['-s', '--', '--partition=big'], {
    input: `${matrixLines('slurm', JOBS).join('\n')}\n`,
    env: { PATH: `${folder}:/usr/bin:/bin` },
    encoding: 'utf8',
  })
  assert.equal(said, '100  x-stage1\n101  x-stage2\n')
  const words = readFileSync(path.join(folder, '1.words'), 'utf8').trim().split('\n')
  assert.deepEqual(words, [
    ...['--parsable', `--job-name=stage-${'2'.repeat(32)}`, '--comment=x-stage2', '--requeue'],
    ...[
      '--kill-on-invalid-dep=yes',
      '--cpus-per-task=2',
      '--mem=4G',
      '--tmp=15G',
      '--time=70',
      '--constraint=a&b',
    ],
    ...['--dependency=afterok:100,singleton', '--partition=big'],
  ])
  assert.match(readFileSync(path.join(folder, '0.words'), 'utf8'), /^--dependency=singleton$/m)
  const script = readFileSync(path.join(folder, '0.script'), 'utf8')
  execFileSync('bash', ['-n'], { input: script })
  assert.ok(
    script.includes(String.raw`bootstrap_sdk stage1 --sdk '/it'\''s here' --version 1.0.0+a; code=$?`),
    script,
  )
  assert.match(
    matrixLines('slurm', BARE).join('\n'),
    /sbatch --parsable --job-name=x-stage1 --comment=x-stage1 --requeue --kill-on-invalid-dep=yes --dep/,
  )
})

test('argo: a graph of tasks, with mutexes, requests and retries', () => {
  const { spec } = parsed('argo')
  assert.deepEqual(spec.templates[0].dag.tasks, [
    { name: 'x-stage1', template: 'x-stage1' },
    { name: 'x-stage2', template: 'x-stage2', dependencies: ['x-stage1'] },
  ])
  const { container, ...template } = spec.templates[2]
  assert.deepEqual(template.synchronization, { mutexes: [{ name: `stage-${'2'.repeat(32)}` }] })
  assert.deepEqual(template.nodeSelector, { 'kubernetes.io/arch': 'amd64' })
  assert.match(template.retryStrategy.expression, /^lastRetry\.exitCode == '6' \|\| .* '143'$/)
  assert.equal(template.activeDeadlineSeconds, 4200)
  assert.deepEqual(container.resources.requests, { cpu: '2', memory: '4Gi', 'ephemeral-storage': '15Gi' })
  assert.deepEqual(container.args.slice(0, 3), ['stage2', '--sdk', "/it's here"])
  // The pod of each stage has what the one before has made.
  assert.ok(!('volumeMounts' in container))
  const command = ['bootstrap_sdk', 'stage1', '--catalyst_root', '/cr']
  const shared = parsed('argo', [job('stage1', { command })]).spec
  assert.deepEqual(shared.templates[1].container.volumeMounts, [{ name: 'catalyst', mountPath: '/cr' }])
  assert.equal(shared.volumes[0].persistentVolumeClaim.claimName, '{{workflow.parameters.claim}}')
})

test('argo: words are handed on as they are; what Argo would take for a parameter is refused', () => {
  const words = (at: string) => [job('stage1', { command: ['bootstrap_sdk', 'stage1', '--sdk', at] })]
  const [, template] = parsed('argo', words('/a $(HOME) $$ $x')).spec.templates
  // By Kubernetes `$$` is `$`, and `$(NAME)` a variable.
  assert.equal(template.container.args.at(-1), '/a $$(HOME) $$$$ $$x')
  assert.throws(() => matrixLines('argo', words('/a {{x}}')), { code: 'SDK_USAGE' })
})
