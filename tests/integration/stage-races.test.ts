// Races: a process exchanges a folder or a file with a link to the host's as fast as it can, while the program's own steps read, write,
// take over and remove there. In earnest no process of a stage is left then; here none of these steps leans on that.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { PROJECT } from '../../src/files/own.js'
import { archiveRoot, checkRoot } from '../../src/stage/finish/finish.js'
import { endOf } from '../../src/stage/watch/failed-log.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { disarm } from '../../src/store/hostile/disarm.js'
import { createAnew, readBelow } from '../../src/store/hostile/held-folder.js'
import { takeOver } from '../../src/store/hostile/take-over.js'
import { hostilePlace } from '../helpers/hostile-stage.js'
import { needsRoot, temporary } from './store-helpers.js'

/** How often names are exchanged while each step goes on, over and over; by hand with a million. */
const SWAPS = Number(process.env.RACE_SWAPS ?? 20_000)

/** Two names that are exchanged, below the folder of the race. */
type Pair = readonly [string, string]

interface Race {
  /** What the stage is to have left in `folder`: names to exchange, one of which leads to the canary. */
  readonly plant: (folder: string, canary: string) => void
  readonly pairs: readonly Pair[]
  /** One go of the step; its result may not hold the secret. */
  readonly step: (folder: string, own: string) => unknown
}

const SECRET = 'secret of the host'

const write = (file: string, text: string): void => {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

/** A folder and a file, each beside a link that leads to the same names of the host. */
function plantBoth(folder: string, canary: string): void {
  for (const name of ['sub/file', 'sub/deep/file', 'file']) write(path.join(folder, name), 'of the stage')
  fs.rmSync(path.join(folder, 'link'), { force: true })
  fs.symlinkSync(canary, path.join(folder, 'link'))
  fs.rmSync(path.join(folder, 'file-link'), { force: true })
  fs.symlinkSync(path.join(canary, 'file'), path.join(folder, 'file-link'))
}

const BOTH: readonly Pair[] = [
  ['sub', 'link'],
  ['file', 'file-link'],
]

const RULES = { wants: () => true, depth: 5, fileBytes: 1000, bytes: 10_000, names: 1000 }

const RACES: Readonly<Record<string, Race>> = {
  'taking over': {
    plant: plantBoth,
    pairs: BOTH,
    step: (folder, own) => {
      takeOver(folder, own, RULES)
      const taken = fs.readdirSync(own, { recursive: true, withFileTypes: true })
      assert.ok(taken.every((entry) => entry.isFile() || entry.isDirectory()))
      const texts = taken
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
      return texts.map((file) => fs.readFileSync(file, 'utf8'))
    },
  },
  disarming: { plant: plantBoth, pairs: BOTH, step: (folder) => disarm(folder) },
  'reading lists and logs': {
    plant: plantBoth,
    pairs: BOTH,
    step: (folder) => [
      ...['file', 'sub/file', 'sub/deep/file'].map((name) => readBelow(folder, name, 1000)),
      ...['file', 'sub/file', 'sub/deep/file'].map((name) => endOf(folder, name)),
    ],
  },
  'making the engine’s own log': {
    plant: plantBoth,
    pairs: BOTH,
    step: (folder) => {
      const log = createAnew(path.join(folder, 'file'))
      fs.writeSync(log, 'a line of the stage')
      fs.closeSync(log)
    },
  },
  removing: {
    plant: (folder, canary) => {
      plantBoth(path.join(folder, 'tree'), canary)
      fs.symlinkSync(canary, path.join(folder, 'other'))
    },
    pairs: [
      ['tree/sub', 'tree/link'],
      ['tree/file', 'tree/file-link'],
      ['tree', 'other'],
    ],
    step: (folder) => removeTree(path.join(folder, 'tree'), folder),
  },
}

const stateOf = (folder: string): string =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, uid, mtimeMs, nlink } = fs.lstatSync(path.join(folder, name))
      return [name, mode, uid, mtimeMs, nlink].join()
    })
    .join('\n')

/** Does `change` while the names stay: the test itself would follow links. */
function paused(process: ChildProcess, change: () => void): void {
  process.kill('SIGSTOP')
  while (!/\) [TZ] /.test(fs.readFileSync(`/proc/${process.pid}/stat`, 'utf8')));
  change()
  process.kill('SIGCONT')
}

function swapper(t: TestContext, root: string): string {
  const program = path.join(root, 'swap')
  execFileSync('gcc', ['-O1', '-o', program, path.join(PROJECT, 'tests/fixtures/swap.c')])
  t.diagnostic(`${SWAPS} exchanges each`)
  return program
}

/** Exchanges while `go` is done over and over. @returns how often it was done */
async function whileSwapping(
  { program, counted }: { program: string; counted: string },
  files: readonly string[],
  go: (swaps: ChildProcess) => Promise<void>,
): Promise<number> {
  fs.writeFileSync(counted, '0')
  const swaps = spawn(program, [counted, ...files], { stdio: 'ignore' })
  const end = once(swaps, 'close')
  try {
    for (let rounds = 1; ; rounds++) {
      assert.equal(swaps.exitCode, null)
      await go(swaps)
      if (Number(fs.readFileSync(counted, 'utf8')) >= SWAPS) return rounds
    }
  } finally {
    swaps.kill('SIGKILL')
    await end
  }
}

for (const [name, race] of Object.entries(RACES))
  test(
    `${name}, while a folder and a file are exchanged with links to the host's`,
    needsRoot(),
    async (t) => {
      const root = await temporary(t)
      const [folder, own, canary] = ['stage', 'own', 'host'].map((each) => path.join(root, each)) as [
        string,
        string,
        string,
      ]
      for (const each of [folder, own]) fs.mkdirSync(each)
      for (const each of ['file', 'deep/file', 'sub/file']) write(path.join(canary, each), SECRET)
      const before = stateOf(canary)
      race.plant(folder, canary)
      let done = 0
      const files = race.pairs.flat().map((each) => path.join(folder, each))
      const rounds = await whileSwapping(
        { program: swapper(t, root), counted: path.join(root, 'count') },
        files,
        async (swaps) => {
          try {
            assert.doesNotMatch(JSON.stringify((await race.step(folder, own)) ?? ''), new RegExp(SECRET))
            done++
          } catch (error) {
            // What was not there any more, or something else meanwhile: refused, in the system's words or ours.
            if (error instanceof assert.AssertionError) throw error
            assert.ok(
              error instanceof SdkError || (error as NodeJS.ErrnoException).syscall !== undefined,
              String(error),
            )
          }
          paused(swaps, () => {
            fs.rmSync(folder, { recursive: true })
            fs.mkdirSync(folder)
            race.plant(folder, canary)
          })
          assert.equal(stateOf(canary), before)
        },
      )
      t.diagnostic(`${rounds} goes, ${done} to their end`)
      assert.ok(done > 0)
    },
  )

test(
  'the end of a stage, while folders of its root are exchanged with links to the host',
  needsRoot(),
  async (t) => {
    const root = await temporary(t)
    const place = await hostilePlace(root)
    const before = place.canary.state()
    const attempt = await place.open(
      `cd $ROOT; for at in etc/portage var/db/pkg usr/lib var/log var/cache; do mkdir -p $at/a/b-1; echo x >$at/a/b-1/CONTENTS; echo 1 >$at/a/b-1/COUNTER; ln -s $CANARY $at-link; ln -s $CANARY/pkg $at-pkg; done`,
    )
    await attempt.run()
    const names = ['etc/portage', 'var/db/pkg', 'usr/lib', 'var/log', 'var/cache']
    const files = names
      .flatMap((name) => [name, `${name}-link`])
      .map((name) => path.join(attempt.work.root, name))
    let done = 0
    const left = { plan: attempt.plan, ...attempt.context, top: attempt.work.root, bytes: 0 }
    const refused = (error: unknown): undefined => {
      if (!(error instanceof SdkError)) throw error
    }
    const rounds = await whileSwapping(
      { program: swapper(t, root), counted: path.join(root, 'count') },
      files,
      async () => {
        await checkRoot(left).catch(refused)
        const made = await archiveRoot(left, false).catch(refused)
        if (made !== undefined) {
          assert.ok(!execFileSync('tar', ['-xOf', made.archive]).includes(place.canary.secret))
          fs.rmSync(made.archive)
          done++
        }
        assert.equal(place.canary.state(), before)
      },
    )
    t.diagnostic(`${rounds} goes, ${done} to their end`)
  },
)
