// A definition of one's own: what init makes can be planned as it is, and the tutorial's commands are such as there are.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { parse } from 'smol-toml'
import { parseCommandLine } from '../../src/cli/arguments/command-line.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { MAIN } from '../helpers/program.js'
import { execute } from './launcher-project.js'
import { temporary } from './store-helpers.js'

const cli = (cwd: string, ...words: string[]) => execute([process.execPath, MAIN, ...words], {}, cwd)

interface Plan {
  sdk: { name: string; type: string }
  repos: { name: string; source: string }[]
  stages: { stage: string; action: string; beside: string | null }[]
  seed: { kind: string }
}

test('every command of the tutorial is one; those that need no root are run, and plan what init has made', async (t) => {
  const folder = await temporary(t)
  const text = readFileSync('docs/tutorial.md', 'utf8')
  const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  assert.ok(commands.length >= 5)
  for (const command of commands) {
    const [first = '', ...words] = command.replaceAll('"', '').split(' ')
    const [program, ...rest] = first === 'sudo' ? words : [first, ...words]
    assert.equal(program, 'bootstrap_sdk', command)
    const { kind } = parseCommandLine(rest, { forceStages: [] })
    if (first === 'sudo') assert.ok(['build', 'enter', 'export'].includes(kind), command)
    else assert.equal((await cli(folder, ...rest)).exitCode, 0, command)
  }
  const planned = await cli(folder, 'plan', '--json', '--sdk', './my-sdk')
  const plan = JSON.parse(planned.stdout) as Plan
  assert.deepEqual([plan.sdk.name, plan.sdk.type, plan.seed.kind], ['my-sdk', 'my-sdk-sdk', 'distribution'])
  assert.deepEqual(plan.repos.at(-1)?.source, path.join(folder, 'my-sdk/repo'))
  assert.equal(plan.repos.length, 3)
})

test('init extends any definition, by a path where it does not ship, and refuses a folder that holds something', async (t) => {
  const folder = await temporary(t)
  assert.equal((await cli(folder, 'init', 'first')).exitCode, 0)
  assert.equal((await cli(folder, 'init', 'second', '--sdk', './first')).exitCode, 0)
  const second = await loadDefinition(path.join(folder, 'second'), path.resolve('sdks'))
  assert.deepEqual(second.repos.map(({ name }) => name).slice(-2), ['first', 'second'])
  assert.deepEqual(second.repos.at(-2)?.path, path.join(folder, 'first/repo'))
  assert.deepEqual(second.stage.stage4.packages.slice(-2), ['app-misc/hello-first', 'app-misc/hello-second'])
  const [again, badName] = [await cli(folder, 'init', 'first'), await cli(folder, 'init', 'Big_One')]
  assert.deepEqual([again.exitCode, badName.exitCode], [2, 2])
  assert.match(again.stderr, /first is not empty: /)
  assert.match(badName.stderr, /cannot be the name of an SDK/)
})

test('init --bare: two repositories from nothing, which a build takes as they are', async (t) => {
  const folder = await temporary(t)
  const made = await cli(folder, 'init', 'tiny', '--bare')
  assert.equal(made.exitCode, 0, made.stderr)
  const files = made.stdout.split('\n\n')[0]?.split('\n') ?? []
  assert.ok(files.includes('tiny/sdk.toml') && files.includes('tiny/seed/groups.toml'))
  for (const name of files.filter((each) => each.endsWith('.sh') || each.endsWith('.ebuild')))
    assert.equal((await execute(['bash', '-n', path.join(folder, name)])).stderr, '', name)
  const planned = await cli(folder, 'plan', '--json', '--sdk', './tiny', '--jobs', '2')
  assert.equal(planned.exitCode, 0, planned.stderr)
  const plan = JSON.parse(planned.stdout) as Plan & { warnings: string[] }
  assert.deepEqual(
    [plan.repos.map(({ source }) => path.relative(folder, source)), plan.seed.kind, plan.warnings],
    [['tiny/main', 'tiny/overlay'], 'distribution', []],
  )
  assert.deepEqual(
    plan.stages.map(({ action, beside }) => [action, beside]),
    ['stage2', 'stage3', 'stage4', null].map((beside) => ['run', beside]),
  )
  const text = await cli(folder, 'plan', '--sdk', './tiny', '--jobs', '2')
  assert.deepEqual(
    text.stdout.match(/made beside stage\d/g),
    ['stage2', 'stage3', 'stage4'].map((each) => `made beside ${each}`),
  )
  // Portage is the one of the SDK that ships: no second place to raise its version.
  const [own, shipped] = [path.join(folder, 'tiny/seed/groups.toml'), 'sdks/embedded/seed/groups.toml'].map(
    (file) => (parse(readFileSync(file, 'utf8')) as { portage: { version: string; sha256: string } }).portage,
  )
  assert.deepEqual([own?.version, own?.sha256], [shipped?.version, shipped?.sha256])
  const both = await cli(folder, 'init', 'other', '--bare', '--sdk', 'embedded')
  assert.deepEqual([both.exitCode, /--bare is from nothing/.test(both.stderr)], [2, true])
  // Which packages its seed has is the distribution's to say: a repo of one's own may not lack what a stage reads.
  rmSync(path.join(folder, 'tiny/main/scripts/bootstrap.sh'))
  const lacking = JSON.parse((await cli(folder, 'plan', '--json', '--sdk', './tiny')).stdout) as {
    warnings: string[]
  }
  assert.match(lacking.warnings.join(), /scripts\/bootstrap\.sh/)
})

test('what is wrong with a repo that is added is said at its place', async (t) => {
  const folder = await temporary(t)
  const definition = (more: string): string =>
    `extends = "embedded"\nname = "mine"\n\n[[more_repos]]\n${more}`
  mkdirSync(path.join(folder, 'mine'))
  const wrong = async (more: string): Promise<string> => {
    writeFileSync(path.join(folder, 'mine/sdk.toml'), definition(more))
    return (await cli(folder, 'plan', '--sdk', './mine')).stderr
  }
  assert.match(await wrong('name = "a b"\npath = "r"\narchive = "/r"\n'), /mine\/sdk\.toml:5:.*a b/)
  assert.match(
    await wrong('name = "portage-stable"\npath = "r"\narchive = "/r"\n'),
    /mine\/sdk\.toml:5:.*already/,
  )
  assert.match(await wrong('name = "x"\npath = "r"\narchive = "/r"\nwhat = 1\n'), /mine\/sdk\.toml:8:.*what/)
})
