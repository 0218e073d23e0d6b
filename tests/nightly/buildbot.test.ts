// Buildbot really drives a fleet by ci/buildbot/master.cfg: a master and two workers that share nothing but the store build the chain of
// each change; the program is killed, and a worker with its tree, and the job goes on at the other.
//
// Set-up: pip installs buildbot and buildbot-worker into a folder of its own.

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { SKIP } from '../e2e/mini-place.js'
import { assertNothingLeft, leftovers, PROJECT } from '../e2e/run-command.js'
import { killTree, processesWith, until, useFleet } from '../helpers/fleet.js'
import { freePort } from '../integration/publish-helpers.js'

const JOBS = ['stage1', 'stage2', 'stage3', 'stage4'].map((stage) => `mini-amd64-sdk-${stage}`)
const [SUCCESS, RETRY] = [0, 5]

const comm = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

interface Build {
  readonly id: number
  readonly builder: string
  readonly worker: string
  readonly results: number | null
}

/** Reads the master's database. */
const QUERY = `
import json, sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True, timeout=30)
db.row_factory = sqlite3.Row
builds = db.execute("select builds.id, builders.name as builder, workers.name as worker, builds.results from builds join builders on builders.id = builderid left join workers on workers.id = workerid order by builds.id")
polled = db.execute("select count(*) from object_state where name = 'lastRev' and value_json not in ('null', '{}')").fetchone()[0]
print(json.dumps({"builds": [dict(row) for row in builds], "polled": polled > 0}))
`

describe('Buildbot', { skip: SKIP }, () => {
  const fleet = useFleet()
  const master = fleet.at('master')
  const workers = new Map<string, ChildProcess>()
  const program = (name: string): string => fleet.at('venv/bin', name)
  let port: number

  const state = async (): Promise<{ builds: Build[]; polled: boolean }> =>
    JSON.parse(await must({ argv: [program('python'), '-c', QUERY, path.join(master, 'state.sqlite')] }))

  /** Starts a worker, anew in its folder. */
  async function startWorker(name: string): Promise<void> {
    const folder = fleet.at(name)
    const env = fleet.env
    if (!existsSync(folder))
      await must({
        argv: [
          program('buildbot-worker'),
          'create-worker',
          '--umask=0o22',
          folder,
          `127.0.0.1:${port}`,
          name,
          'secret',
        ],
        env,
      })
    const argv = [program('buildbot-worker'), 'start', '--nodaemon', folder] as const
    workers.set(name, fleet.start(argv, { cwd: fleet.at() }))
  }

  /** Waits for the chain of a change: all builds since then. */
  const chain = async (mark: number): Promise<Build[]> =>
    await until('the last stage', async () => {
      const builds = (await state()).builds.filter(({ id }) => id > mark)
      const bad = builds.find(({ results }) => results !== null && results !== SUCCESS && results !== RETRY)
      const isDone = builds.some(({ builder, results }) => builder === JOBS.at(-1) && results === SUCCESS)
      return bad !== undefined || isDone ? builds : undefined
    })

  const mark = async (): Promise<number> => (await state()).builds.at(-1)?.id ?? 0

  before(async () => {
    await fleet.make()
    await must({ argv: ['python3', '-m', 'venv', fleet.at('venv')], env: fleet.env })
    const packages = ['buildbot==4.3.0', 'buildbot-worker==4.3.0']
    await must({ argv: [program('pip'), 'install', '--quiet', ...packages], env: fleet.env })
    await must({ argv: [program('buildbot'), 'create-master', master], env: fleet.env })
    cpSync(path.join(PROJECT, 'ci/buildbot/master.cfg'), path.join(master, 'master.cfg'))
    port = await freePort()
    const env = {
      ...{ FLEET: path.join(fleet.checkout, 'fleet.toml'), REPO: fleet.checkout, POLL: '2' },
      ...{ WORKERS: 'amd64=w1:secret,w2:secret', PORT: String(port) },
    }
    fleet.start([program('buildbot'), 'start', '--nodaemon', master], { cwd: master, env })
    for (const name of ['w1', 'w2']) await startWorker(name)
    await until('the first look at the repository', async () => (await state()).polled || undefined)
  })

  /** Waits until a stage runs in a sandbox; who builds it. */
  const running = async (job: string | undefined): Promise<Build> =>
    await until(`${job} to run`, async () => {
      const build = (await state()).builds.find(({ builder, results }) => builder === job && results === null)
      return build !== undefined && leftovers(fleet.at(build.worker)).length > 0 ? build : undefined
    })

  test('the program is killed in stage 1, a worker with its tree in stage 2: the job goes on at the other, and nothing is left', async (t) => {
    const begin = performance.now()
    await fleet.edit('fsscript.sh')
    const { worker } = await running(JOBS[0])
    const engines = processesWith(fleet.place.seed).filter((pid) => comm(pid) !== 'sh')
    assert.ok(engines.length > 0)
    for (const pid of engines) process.kill(pid, 'SIGKILL')
    await assertNothingLeft(fleet.at(worker))
    const lost = await running(JOBS[1])
    const killed = workers.get(lost.worker)
    assert.ok(killed)
    await killTree(killed)
    await assertNothingLeft(fleet.at(lost.worker))
    const builds = await chain(0)
    t.diagnostic(`the first chain: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    assert.deepEqual(
      builds.map(({ builder, results }) => [builder, results]),
      [
        ...[RETRY, SUCCESS].map((results) => [JOBS[0], results]),
        ...[RETRY, SUCCESS].map((results) => [JOBS[1], results]),
        ...JOBS.slice(2).map((job) => [job, SUCCESS]),
      ],
    )
    assert.notEqual(builds[3]?.worker, lost.worker)
    await startWorker(lost.worker)
  })

  test('the next change builds only what depends on it, on whatever worker', async (t) => {
    const last = await mark()
    const begin = performance.now()
    await fleet.edit('repos/overlay/dev-mini/late/late-1.ebuild')
    const builds = await chain(last)
    t.diagnostic(`the chain of the second change: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    assert.deepEqual(
      builds.map(({ builder, results }) => [builder, results]),
      JOBS.map((job) => [job, SUCCESS]),
    )
    const revision = (await fleet.git('rev-parse', 'HEAD')).slice(0, 12)
    const built = ['w1', 'w2'].flatMap((name) => fleet.built(fleet.at(name), revision))
    assert.deepEqual(built.sort(), ['stage3 dev-mini/late-1', 'stage4 dev-mini/sdk-1'])
  })
})
