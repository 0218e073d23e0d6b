// Hooks of stage 1, run for real: a seed that has the host's programs and two repos, a checkout with two others.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import type { SdkError } from '../../src/errors.js'
import type { Fact } from '../../src/events/event.js'
import { treeDigest } from '../../src/repos/digest.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { runHooks } from '../../src/stage/run/hooks.js'
import { type Work, workPaths } from '../../src/stage/run/work.js'
import { tinyDefinition, tinyPlan } from '../helpers/tiny-plan.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { privileged } from './sandbox-helpers.js'
import { temporary } from './store-helpers.js'

const REPOS = ['main', 'over'] as const

const TOML = `profile = "over:p"
[stage1]
hooks = "hooks"
[[repos]]
name = "main"
path = "now/main"
archive = "/repos/main"
main = true
[[repos]]
name = "over"
path = "now/over"
archive = "/repos/over"
`

/** Writes a repo with one file that says where it comes from. */
function writeRepo(folder: string, name: string, origin: string): void {
  mkdirSync(path.join(folder, 'profiles'), { recursive: true })
  writeFileSync(path.join(folder, 'profiles/repo_name'), `${name}\n`)
  writeFileSync(path.join(folder, 'origin'), `${origin}\n`)
}

interface Place {
  root: string
  plan: StagePlan
  work: Work
  run: () => Promise<{ plan: StagePlan; said: string[] }>
}

/** A stage 1 with these hooks (name → script), of which those that end in `~` are not executable. */
async function place(t: TestContext, hooks: Record<string, string>): Promise<Place> {
  const root = await temporary(t)
  const seed = path.join(root, 'seed')
  for (const name of REPOS) {
    writeRepo(path.join(seed, 'repos', name), name, 'seed')
    writeRepo(path.join(root, 'now', name), name, 'checkout')
  }
  tinyRoot(seed, ['basename', 'cat', 'cp', 'ln', 'ls', 'rm', 'touch'])
  mkdirSync(path.join(root, 'now/over/hooks'))
  for (const [name, script] of Object.entries(hooks)) {
    const file = path.join(root, 'now/over/hooks', name.replace('~', ''))
    writeFileSync(file, `#!/bin/bash\nset -eu\n${script}\n`)
    chmodSync(file, name.endsWith('~') ? 0o644 : 0o755)
  }
  const plan = await tinyPlan(tinyDefinition(root, TOML), 'stage1', { root })
  const work = workPaths(path.join(root, 'work'))
  for (const folder of [work.mnt, work.repos]) mkdirSync(folder, { recursive: true })
  return {
    root,
    plan,
    work,
    run: async () => {
      const facts: Fact[] = []
      const emit = (fact: Fact): void => void facts.push(fact)
      const edited = await runHooks(plan, { work, layers: [seed], emit, signal: undefined })
      return { plan: edited, said: facts.map((fact) => ('message' in fact ? String(fact.message) : '')) }
    },
  }
}

test(
  'the main repo comes first, then the overlay, each in the order of names, on copies',
  privileged,
  async (t) => {
    const note =
      'echo "$(basename "$0") $(cat "$1/origin") $(cat "$2/origin")" >>"$1/../order"; echo new >"$1/origin"'
    const { root, run, work } = await place(t, {
      'b-over.sh': note,
      'a-over.sh': note,
      'z-main.sh': note,
      'c-over.sh~': 'exit 1',
      'd-other.sh': 'exit 1',
    })
    const { plan, said } = await run()
    assert.deepEqual(readFileSync(path.join(work.repos, 'order'), 'utf8').split('\n'), [
      'z-main.sh seed checkout',
      'a-over.sh seed checkout',
      'b-over.sh new checkout',
      '',
    ])
    assert.equal(said.length, 3)
    assert.match(said[0] ?? '', /the hook z-main\.sh edits a copy of main$/)
    for (const { name, tree, location, source, edited } of plan.stageRepos) {
      assert.equal(location, `/repos/${name}`)
      assert.deepEqual([source, edited], [{ from: 'seed' }, true])
      assert.equal(readFileSync(path.join(tree?.path ?? '', 'origin'), 'utf8'), 'new\n')
      assert.equal(readFileSync(path.join(root, 'seed/repos', name, 'origin'), 'utf8'), 'seed\n')
      assert.equal(readFileSync(path.join(root, 'now', name, 'origin'), 'utf8'), 'checkout\n')
    }
    assert.equal(plan.updateSeed, false)
  },
)

test(
  'a repo without hooks stays inside the seed; what a hook writes to the flag asks for an update',
  privileged,
  async (t) => {
    const { run } = await place(t, { 'a-main.sh': 'echo yes >"$3"' })
    const { plan } = await run()
    assert.deepEqual(
      plan.stageRepos.map(({ name, edited, tree }) => [name, edited, tree === undefined]),
      [
        ['main', true, false],
        ['over', false, true],
      ],
    )
    assert.equal(plan.updateSeed, true)
  },
)

test('a hook can change neither the seed nor the checkout, and has no network', privileged, async (t) => {
  const { run } = await place(t, {
    'a-main.sh': `for place in /repos/main "$2" / /run/current/over; do
  ! touch "$place/x" 2>/dev/null || echo "$place" >>"$1/wrote"
done
ls /sys/class/net >"$1/net"`,
  })
  const { plan } = await run()
  const copy = plan.stageRepos[0]?.tree?.path ?? ''
  assert.equal(existsSync(path.join(copy, 'wrote')), false)
  assert.equal(readFileSync(path.join(copy, 'net'), 'utf8'), 'lo\n')
})

test('a hook that fails ends the stage and is named', privileged, async (t) => {
  const { run, root } = await place(t, {
    '1-over.sh': 'echo why >&2; echo "x: /gone: No such file or directory" >&2; exit 3',
    '2-over.sh': 'touch "$1/ran"',
  })
  await assert.rejects(run(), (error: SdkError) => {
    assert.equal(error.code, 'SDK_STAGE')
    assert.match(error.message, /hooks of over.*the hook 1-over\.sh ended with 3/)
    assert.doesNotMatch(String(error.facts.tail), /ended with/)
    const log = /read (\S+);/.exec(error.hint ?? '')?.[1] ?? ''
    assert.ok(log.startsWith(root))
    const said = readFileSync(log, 'utf8').split('\n')
    const text = 'x: /gone: No such file or directory'
    assert.ok(said.includes('why'))
    assert.deepEqual(error.facts.causes, [{ line: said.indexOf(text) + 1, text }])
    return true
  })
  assert.equal(existsSync(path.join(root, 'work/repos/over/ran')), false)
})

test(
  'what a hook has done to the copies is judged when all have run, and read only in the copies',
  privileged,
  async (t) => {
    // A later hook sees the copies of earlier ones: the digest that the record has is of what the stage sees.
    const { run } = await place(t, { 'a-main.sh': 'true', 'a-over.sh': 'echo changed >"$1/../main/origin"' })
    const [main] = (await run()).plan.stageRepos
    assert.equal(main?.tree?.digest, await treeDigest(main?.tree?.path ?? '', undefined, []))
    // Whatever lies where a copy should be, no file of the host is read.
    const secret = path.join(await temporary(t), 'secret')
    mkdirSync(secret)
    execFileSync('mkfifo', [path.join(secret, 'pipe')])
    for (const hooks of [
      { 'a-main.sh': `rm -r "$1"; ln -s ${secret} "$1"` },
      { 'a-main.sh': 'true', 'a-over.sh': `rm -r "$1/../main"; ln -s ${secret} "$1/../main"` },
      { 'a-main.sh': `ln -s ${secret} "$1/../over"`, 'a-over.sh': 'true' },
      { 'a-main.sh': 'touch "$1/../over"', 'a-over.sh': 'true' },
    ]) {
      const planted = await place(t, hooks)
      await assert.rejects(planted.run(), {
        code: 'SDK_STAGE',
        message: /^stage1: hooks have put (?:a link|a file) where the copy of (?:main|over) belongs: /,
      })
    }
  },
)
