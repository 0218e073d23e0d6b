// What a finished run leaves below its catalyst root, edited and damaged file by file: nothing of it is believed by its name.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { bootstrap } from '../../src/bootstrap/bootstrap.js'
import { withSession } from '../../src/bootstrap/session.js'
import { SdkError } from '../../src/errors.js'
import { readJournal } from '../../src/events/journal.js'
import { forecastRun } from '../../src/forecast/forecast.js'
import { rehearseClean } from '../../src/inspect/clean.js'
import { lastStage, logOfLast } from '../../src/inspect/logs/failed.js'
import { packageLogs } from '../../src/inspect/logs/logs.js'
import { checkArchive } from '../../src/inspect/verify/check-archive.js'
import { versionState } from '../../src/inspect/versions.js'
import { stageArtefact } from '../../src/registry/kinds/stage.js'
import { readKept } from '../../src/request/kept-request.js'
import { findStageRecord } from '../../src/store/find-record.js'
import { type Layout, sideFiles } from '../../src/store/layout.js'
import { readRecord } from '../../src/store/record.js'
import { verifyArchive } from '../../src/store/recorded-archive.js'
import { workedUpon } from '../../src/store/version-order.js'
import { edits } from '../helpers/edits.js'
import { requestFor } from './publish-helpers.js'
import { needsRoot } from './store-helpers.js'
import { build, makeSeed } from './tiny-stages.js'
import { cli, type Ground, ground } from './verbs-helpers.js'

/** Whether `error` is another one than what a damaged record is. */
const isOther = (error: unknown): boolean => !(error instanceof SdkError && error.code === 'SDK_CHAIN')

test(
  'an edit of any value of a record is found by verify, status and whoever builds upon it',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const { layout } = await build({ name: 'cr', jobs: 2, place, seedTarball: await makeSeed(place) })
    const archive = layout.archive('stage2', 'zstd')
    const { record: file } = sideFiles(archive)
    const text = readFileSync(file, 'utf8')
    assert.deepEqual((await checkArchive(archive)).findings, [])
    const missed: string[] = []
    const all = [...edits(JSON.parse(text))]
    for (const [index, { what, json }] of all.entries()) {
      writeFileSync(file, JSON.stringify(json))
      if (await readRecord(file).then(() => true, isOther)) missed.push(`build: ${what}`)
      // Both read it as a build does; the one reads the archive, too.
      if (index % 25 !== 0) continue
      const { findings } = await checkArchive(archive)
      if (!findings.some(({ check }) => check === 'record')) missed.push(`verify: ${what}`)
      if ((await versionState(layout)).stages.stage2.state !== 'broken') missed.push(`status: ${what}`)
    }
    assert.ok(all.length > 300, `only ${all.length} edits were tried`)
    assert.deepEqual(missed, [])
    // Written otherwise it says the same, and is believed.
    writeFileSync(file, JSON.stringify(JSON.parse(text), null, 7))
    assert.deepEqual((await checkArchive(archive)).findings, [])
    // The list beside it is an input of whoever builds upon it elsewhere.
    for (const damage of [(list: string) => writeFileSync(list, ''), (list: string) => rmSync(list)]) {
      damage(sideFiles(archive).lineage)
      const [finding] = (await checkArchive(archive)).findings
      assert.match(
        finding?.problem ?? '',
        /lineage\.gz: expected a list with the sha256 [0-9a-f]{64}, found none/,
      )
    }
  },
)

/** What is done to a file. */
const DAMAGES: Readonly<Record<string, (file: string, bytes: Buffer) => unknown>> = {
  empty: (file) => writeFileSync(file, ''),
  'cut in half': (file, bytes) => writeFileSync(file, bytes.subarray(0, bytes.length / 2)),
  'other JSON': (file) => writeFileSync(file, '{"format": 1}\n'),
  null: (file) => writeFileSync(file, 'null\n'),
  junk: (file) => writeFileSync(file, Buffer.from([0xff, 0, 0x1f, 0x8b, 10, 0xc3])),
  'a folder': (file) => mkdirSync(path.join(file, 'x'), { recursive: true }),
  'a FIFO': (file) => execFileSync('mkfifo', [file]),
  'a link to itself': (file) => symlinkSync(path.basename(file), file),
}

/** Files of which verify says that they are damaged: they vouch for a stage, or are what another machine is given. */
const VERIFIED = /\/builds\/.*\.tar\.zst(\.(record\.json|DIGESTS|CONTENTS\.gz|lineage\.gz))?$/

/** What a plan and a build go by. */
const VOUCHING = /\/builds\/.*\.tar\.zst(\.record\.json)?$/

/** What is asked of a root, each with its answer as text; what is found to be damaged is an answer, too. */
async function verbsOf(place: Ground, layout: Layout): Promise<Record<string, () => Promise<string>>> {
  const request = { ...(await requestFor(place)), stages: ['stage1', 'stage2'] as const }
  const archives = request.stages.map((stage) => layout.archive(stage, 'zstd'))
  return {
    plan: async () => JSON.stringify((await forecastRun(request, layout)).stages),
    build: () =>
      withSession(request, { layout, emit: () => undefined, signal: undefined }, async (session) =>
        JSON.stringify(await bootstrap(session)),
      ),
    status: async () => {
      const { stages } = await versionState(layout)
      return JSON.stringify(Object.values(stages).map(({ state }) => state))
    },
    verify: async () =>
      String(
        (await Promise.all(archives.map((each) => checkArchive(each)))).flatMap(({ findings }) => findings)
          .length,
      ),
    // What cannot be read of a journal is left out, and nothing else is known of what was asked but what is kept.
    report: async () => (readJournal(layout.journal).length < 0 ? 'less than nothing' : ''),
    log: async () => {
      const last = lastStage(layout.journal)
      return JSON.stringify([last?.stage, last && logOfLast(layout, last)?.name, packageLogs(layout).length])
    },
    clean: async () => {
      const { removed, versions } = await rehearseClean(layout, { keep: 1 })
      return JSON.stringify([removed.map(({ part }) => part), versions])
    },
    // What a store is given is looked at before anything goes there.
    store: async () => {
      const given: unknown[] = []
      for (const stage of request.stages) {
        const found = await findStageRecord(layout, stage)
        if (found === undefined) continue
        const { record, archive } = found
        await verifyArchive(record, archive, { emit: () => undefined })
        const finished = { record, output: { path: archive, sha256: record.output.sha256 } }
        const { files } = await stageArtefact(finished, { key: 'key', pool: layout.carried('0'.repeat(64)) })
        given.push(files)
      }
      return JSON.stringify(given)
    },
    recall: async () => ((await readKept(layout.asked)) === undefined ? 'nothing' : ''),
  }
}

/** Whether `error` is one that a user can do something with. */
const isClear = (error: unknown, file: string): boolean =>
  error instanceof SdkError &&
  [2, 3, 4, 7].includes(error.exitCode) &&
  error.message.includes(path.basename(file)) &&
  !error.message.includes('\n    at ')

test(
  'whatever a file of a finished run has become: the answer of before, or one error that names it',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const seedTarball = await makeSeed(place)
    const { layout } = await build({ name: 'cr', jobs: 2, place, seedTarball })
    const line = ['build', 'stage1', 'stage2', ...place.place, '--version', layout.version]
    const again = await cli([...line, '--seed_tarball', seedTarball])
    assert.equal(again.exitCode, 0, again.stderr)
    assert.deepEqual(workedUpon(layout), [layout.version])
    const verbs = Object.entries(await verbsOf(place, layout))
    const before = new Map<string, string>()
    for (const [verb, ask] of verbs) before.set(verb, await ask())
    assert.deepEqual(
      ['verify', 'report', 'recall'].map((verb) => before.get(verb)),
      ['0', '', ''],
    )
    const wrong: string[] = []
    const aside = path.join(place.folder, 'aside')
    for (const file of filesBelow(layout.root)) {
      const bytes = readFileSync(file)
      for (const [damage, act] of Object.entries(DAMAGES)) {
        renameSync(file, aside)
        act(file, bytes)
        for (const [verb, ask] of verbs) {
          const answer = await ask().catch((error: unknown) => error)
          const isTold = typeof answer !== 'string' ? isClear(answer, file) : undefined
          const isOther = answer !== before.get(verb)
          const isWanted =
            verb === 'verify' || verb === 'store'
              ? VERIFIED.test(file)
              : ['plan', 'build', 'status'].includes(verb) && VOUCHING.test(file)
          // Of a damaged one the store is given nothing.
          if (verb === 'store' && VERIFIED.test(file) && isTold !== true)
            wrong.push(`store: ${file}: ${damage}`)
          if (isTold === false || (isOther ? isTold !== true && !isWanted : isWanted))
            wrong.push(`${verb}: ${path.relative(layout.root, file)} is ${damage}: ${String(answer)}`)
        }
        rmSync(file, { recursive: true, force: true })
        renameSync(aside, file)
      }
    }
    assert.deepEqual(wrong, [])
  },
)

test(
  'whatever the request of a version has become: verbs that show say it and show the rest, verbs that act refuse',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const seedTarball = await makeSeed(place)
    const { layout } = await build({ name: 'cr', jobs: 2, place, seedTarball })
    const at = [...place.place, '--version', layout.version]
    const again = await cli(['build', 'stage1', 'stage2', ...at, '--seed_tarball', seedTarball])
    assert.equal(again.exitCode, 0, again.stderr)
    const shows = ['status', 'log', 'report', 'why a/nothing', `collect-logs`, 'verify']
    const acts = ['build', 'fetch', 'plan', 'store push --store oci://127.0.0.1:9/a']
    const call = (verb: string): ReturnType<typeof cli> =>
      cli([...verb.split(' '), ...at], { cwd: place.folder })
    const bundle = path.join(place.folder, `bootstrap_sdk-logs-test-sdk-amd64-${layout.version}.tar.zst`)
    const outcome = async (verb: string): Promise<number | null> => {
      const { exitCode, stdout } = await call(verb)
      rmSync(bundle, { force: true })
      return stdout.trim() === '' ? -1 : exitCode
    }
    const before = new Map<string, number | null>()
    for (const verb of shows) before.set(verb, await outcome(verb))
    assert.deepEqual([before.get('status'), before.get('report')], [0, 0])
    const bytes = readFileSync(layout.asked)
    const wrong: string[] = []
    for (const [damage, act] of Object.entries(DAMAGES)) {
      rmSync(layout.asked, { recursive: true, force: true })
      act(layout.asked, bytes)
      // All verbs once, and all other damages with one of each kind.
      for (const verb of damage === 'junk' ? [...shows, ...acts] : ['status', 'plan']) {
        const { exitCode, stdout, stderr } = await call(verb)
        rmSync(bundle, { force: true })
        const named = stderr.split('\n').filter((line) => line.includes(path.basename(layout.asked)))
        const isShown = (stdout.trim() === '' ? -1 : exitCode) === before.get(verb)
        if (named.length === 0 || !(acts.includes(verb) ? exitCode === 4 : isShown))
          wrong.push(`${verb}: ${damage}: ${exitCode}: ${stderr}`)
      }
    }
    assert.deepEqual(wrong, [])
  },
)

/** One of each kind of this program's own files below `root`: none of what is in a layer or a copy of a repo, and no lock. */
function filesBelow(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !/\/(root|locks|repos\/[^/]+)\//.test(file))
    .sort()
  return [...new Map(files.map((file) => [file.replaceAll(/[0-9a-f]{16,}|stage\d/g, ''), file])).values()]
}
