// What engines are given is held to their own words for it: workflows by actionlint, pipelines by the schema of GitLab's editor,
// Workflows and Jobs by those of Argo and Kubernetes, the pipeline of Jenkins by Groovy's compiler, scripts by shellcheck. Each
// refuses a broken one.
//
// Set-up: go, npm, pip and Maven install them into a folder of their own; needs go, java and mvn.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Captured, capture, must } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { PROJECT } from '../helpers/program.js'
import { cli } from '../integration/verbs-helpers.js'

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'
// Newer ones need a newer Node than tests have; its schema is the one of GitLab's editor.
const GITLAB = 'gitlab-ci-local@4.55.0'
const ARGO = '@kubernetes-models/argo-workflows@2.0.0'
const KUBERNETES = 'kubernetes-validate==1.37.0'
const GROOVY = 'org.apache.groovy:groovy:4.0.24'

/** Of Kubernetes: what is old and still in use, and the newest that the package has. */
const VERSIONS = ['1.31', '1.37']

describe('configurations for engines', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'schemas-'))
  const at = (...parts: string[]): string => path.join(folder, ...parts)
  const env = { ...(process.env as Record<string, string>), GOBIN: at('bin'), GOFLAGS: '-mod=mod' }
  const run = (argv: readonly string[], cwd = folder): Promise<Captured> =>
    capture({ argv: argv as [string, ...string[]], env, cwd })

  /** Whether `check` takes `text`, and not `broken`, in words of its own about `why`. */
  async function holds(
    check: (file: string) => Promise<Captured>,
    { name, text, broken, why }: { name: string; text: string; broken: string; why: RegExp },
  ): Promise<void> {
    assert.notEqual(text, broken)
    for (const [content, isGood] of [
      [text, true],
      [broken, false],
    ] as const) {
      writeFileSync(at(name), content)
      const { exitCode, stdout, stderr } = await check(at(name))
      assert.equal(exitCode === 0, isGood, `${name}: ${stdout}${stderr}`.slice(0, 3000))
      if (!isGood) assert.match(`${stdout}${stderr}`, why)
    }
  }

  const own = (name: string): string => readFileSync(path.join(PROJECT, 'ci', name), 'utf8')

  /** The jobs of the fleet of `ci/` for an engine. */
  async function jobs(engine: string): Promise<string> {
    const fleet = path.join(PROJECT, 'ci/fleet.toml')
    const words = ['--version', '1.0.0+a', '--catalyst_root', at('cr')]
    const said = await cli(['plan', '--matrix', engine, '--fleet', fleet, ...words])
    assert.equal(said.exitCode, 0, said.stderr)
    return said.stdout
  }

  before(async () => {
    for (const argv of [
      ['go', 'install', ACTIONLINT],
      ['npm', 'install', '--silent', '--ignore-scripts', '--prefix', folder, GITLAB, ARGO],
      ['python3', '-m', 'venv', at('venv')],
      [at('venv/bin/pip'), 'install', '--quiet', KUBERNETES],
      [
        'mvn',
        '-q',
        `-Dmaven.repo.local=${at('m2')}`,
        'dependency:copy',
        `-Dartifact=${GROOVY}`,
        `-DoutputDirectory=${folder}`,
      ],
    ] as const)
      await must({ argv, env, cwd: folder })
  })
  after(() => removeTree(folder, tmpdir()))

  test('GitHub: actionlint, with the workflow that is called', async () => {
    mkdirSync(at('.github/workflows'), { recursive: true })
    cpSync(path.join(PROJECT, 'ci/github/stage.yml'), at('.github/workflows/stage.yml'))
    await must({ argv: ['git', 'init', '--quiet', folder], env })
    await holds(() => run([at('bin/actionlint')]), {
      name: '.github/workflows/sdk.yml',
      text: own('github/sdk.yml'),
      broken: own('github/sdk.yml').replace('jobs: ${{ toJSON', 'job: ${{ toJSON'),
      why: /input "job" is not defined/,
    })
    const { stage1 } = JSON.parse(await jobs('github')) as { stage1: { include: Record<string, unknown>[] } }
    const used = [...own('github/stage.yml').matchAll(/matrix\.(\w+)/g)].map(([, name]) => name ?? '')
    for (const each of stage1.include) for (const name of used) assert.ok(name in each, name)
  })

  test('GitLab: the parent pipeline, and the child that it starts', async () => {
    await must({ argv: ['git', 'init', '--quiet', folder], env })
    const check = (file: string): Promise<Captured> =>
      run([
        'node',
        at('node_modules/gitlab-ci-local/src/index.js'),
        '--cwd',
        '.',
        '--file',
        path.basename(file),
        '--list',
      ])
    const child = await jobs('gitlab')
    await holds(check, {
      ...{ name: 'parent.yml', text: own('gitlab/sdk.yml'), why: /strategy/ },
      broken: own('gitlab/sdk.yml').replace('strategy: depend', 'strategy: other'),
    })
    await holds(check, {
      ...{ name: 'child.yml', text: child, why: /retry/ },
      broken: child.replace('"exit_codes"', '"exit_code"'),
    })
  })

  test('Argo: the Workflow, by the schema of its own', async () => {
    const script = `import { readFileSync } from 'node:fs'
import { Workflow } from '@kubernetes-models/argo-workflows/argoproj.io/v1alpha1/Workflow'
new Workflow(JSON.parse(readFileSync(process.argv[2], 'utf8'))).validate()
`
    writeFileSync(at('argo.mjs'), script)
    const text = await jobs('argo')
    await holds((file) => run(['node', at('argo.mjs'), file]), {
      ...{ name: 'workflow.json', text, why: /entrypoint|must/ },
      broken: text.replace('"templates": [', '"templates": [{"name": 3},'),
    })
  })

  test('Kubernetes: the Job, by old and new schemas', async () => {
    for (const version of VERSIONS)
      await holds((file) => run([at('venv/bin/kubernetes-validate'), '--strict', '-k', version, file]), {
        ...{ name: 'job.yaml', text: own('kubernetes/job.yaml'), why: /backoffLimits/ },
        broken: own('kubernetes/job.yaml').replace('backoffLimit:', 'backoffLimits:'),
      })
  })

  test('Jenkins: the pipeline compiles', async () => {
    writeFileSync(at('parse.groovy'), 'new groovy.lang.GroovyShell().parse(new File(args[0]))\n')
    const jar = at('groovy-4.0.24.jar')
    const text = own('jenkins/Jenkinsfile')
    await holds((file) => run(['java', '-cp', jar, 'groovy.ui.GroovyMain', at('parse.groovy'), file]), {
      ...{ name: 'Jenkinsfile', text, why: /MultipleCompilationErrorsException/ },
      broken: text.replace('def plan\n', 'def plan =\n}'),
    })
  })

  test('Slurm: the script that is made, and those that ask for jobs', async () => {
    const text = await jobs('slurm')
    await holds((file) => run(['shellcheck', '--shell=bash', '--severity=warning', file]), {
      ...{ name: 'slurm.sh', text, why: /SC\d+/ },
      broken: `${text}\necho $UNQUOTED$(\n`,
    })
    for (const name of ['slurm/submit.sh', 'argo/submit.sh'])
      assert.equal((await run(['shellcheck', path.join(PROJECT, 'ci', name)])).exitCode, 0, name)
  })
})
