// The native runner with two small stages: the second runs on the layers of the first while that is archived. What comes out are
// the same bytes as in turn, and a kill leaves nothing that counts as finished.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { capture } from '../../src/process/run.js'
import type { StageRecord } from '../../src/store/record.js'
import { needsRoot } from './store-helpers.js'
import { build, makeSeed } from './tiny-stages.js'
import { ground } from './verbs-helpers.js'

test(
  'a stage on the layers of one that is being archived has the same bytes as in turn',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const seed = await makeSeed(place)
    const beside = await build({ name: 'beside', jobs: 2, place, seedTarball: seed })
    // What a folder hands on to all that is made in it, on this machine alone, gets into no root.
    chmodSync(place.folder, 0o2775)
    chownSync(place.folder, 0, 1234)
    execFileSync('setfacl', ['-d', '-m', 'u:1234:rwx', place.folder])
    const inTurn = await build({ name: 'in-turn', jobs: 1, place, seedTarball: seed })
    const digests = ({ records }: typeof beside) =>
      records.map(({ output }) => [output.sha256, output.tarSha256])
    assert.deepEqual(digests(beside), digests(inTurn))

    const at = (type: Fact['type'], stage: string): number =>
      beside.facts.findIndex((fact) => fact.type === type && 'stage' in fact && fact.stage === stage)
    assert.ok(at('stage-started', 'stage2') < at('stage-finished', 'stage1'), 'one was not beside the other')
    assert.ok(at('stage-finished', 'stage1') < at('stage-finished', 'stage2'))
    const [one, two] = beside.records
    assert.equal(two.inputs.seed.sha256, one.output.sha256)
    assert.equal(two.inputs.seed.root, one.output.rootSha256)
    assert.ok(Date.parse(two.timing.started) <= Date.parse(one.timing.finished))
    // The tree of the second has the very layer of the first, and nothing is left of the attempts.
    const trees = path.join(beside.layout.store, 'trees')
    const layers = ({ output }: StageRecord): string[] =>
      (JSON.parse(readFileSync(path.join(trees, `${output.sha256}.json`), 'utf8')) as { layers: string[] })
        .layers
    assert.deepEqual(layers(two).slice(1), layers(one))
    assert.deepEqual(readdirSync(path.join(beside.layout.store, 'layers')).length, 3)
    assert.ok(!existsSync(beside.layout.work('stage1')) && !existsSync(beside.layout.work('stage2')))

    // Built again, stage 1 has a tree from before; but stage 2 runs upon the layer of now, and that is looked at.
    rmSync(beside.layout.builds, { recursive: true })
    const folder = path.join(beside.layout.store, 'layers')
    const before = readdirSync(folder)
    const touch = (fact: Fact): void => {
      if (fact.type !== 'stage-finished' || fact.stage !== 'stage1') return
      const [placed = ''] = readdirSync(folder).filter((id) => !before.includes(id))
      writeFileSync(path.join(folder, placed, 'root/usr/stage'), 'changed')
    }
    await assert.rejects(
      build({ name: 'beside', jobs: 2, place, seedTarball: seed, hear: touch }),
      /was changed while stage2 was built upon it: .*usr\/stage/,
    )
  },
)

test(
  'killed while one stage is archived and the next one runs: nothing counts as finished, runs on or is mounted',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const seedTarball = await makeSeed(place)
    const driver = path.join(import.meta.dirname, 'tiny-build.js')
    const killed = await capture({
      argv: [process.execPath, driver, JSON.stringify({ name: 'killed', jobs: 2, place, seedTarball })],
    })
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    const root = path.join(place.folder, 'killed')
    const left = readdirSync(path.join(root, 'builds/test-sdk'))
    assert.ok(left.length > 0, 'it was killed before it wrote anything')
    assert.deepEqual(
      left.filter((name) => !name.startsWith('.')),
      [],
    )
    assert.doesNotMatch(readFileSync('/proc/self/mounts', 'utf8'), new RegExp(place.folder))
    // The next run begins with stage 1 again.
    const again = await build({ name: 'killed', jobs: 2, place, seedTarball })
    const started = again.facts.flatMap((fact) => (fact.type === 'stage-started' ? [fact.stage] : []))
    assert.deepEqual(started, ['stage1', 'stage2'])
    assert.equal(again.records[1].inputs.seed.sha256, again.records[0].output.sha256)
    // A supervisor may take a moment; by now all of it is over.
    const running = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(root))
    assert.deepEqual(running.map(commandLine), [])
  },
)

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test(
  'a catalyst root that is moved away in the middle of a stage: an error, no record, and put back it goes on',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const how = { name: 'moved', jobs: 1, place, seedTarball: await makeSeed(place) }
    const root = path.join(place.folder, how.name)
    // These folders may be links.
    for (const name of ['builds', 'distfiles', 'log', 'packages', 'seeds']) {
      mkdirSync(path.join(place.folder, 'elsewhere', name), { recursive: true })
      mkdirSync(root, { recursive: true })
      symlinkSync(path.join('../elsewhere', name), path.join(root, name))
    }
    const puts: (() => void)[] = [
      () => mkdirSync(root),
      // As it is restored from a backup, say: all that the run looks at is there, and none of what it makes.
      () => execFileSync('cp', ['-a', `${root}.away`, root]),
    ]
    for (const put of puts) {
      let moves = true
      const hear = (fact: Fact): void => {
        if (!moves || fact.type !== 'step-started' || fact.step !== 'run') return
        moves = false
        renameSync(root, `${root}.away`)
        put()
      }
      await assert.rejects(build({ ...how, hear }), {
        code: 'SDK_HOST',
        message: /moved is another folder now: the catalyst root was moved while this run worked in it$/,
      })
      const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
      assert.deepEqual(
        names.filter((name) => name.endsWith('.record.json')),
        [],
      )
      rmSync(root, { recursive: true })
      renameSync(`${root}.away`, root)
    }
    assert.equal((await build(how)).records.length, 2)
  },
)
