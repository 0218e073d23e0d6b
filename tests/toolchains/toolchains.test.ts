// All toolchains of a finished SDK of `embedded`, SDK_ARCHIVE: programs, tests of the tools themselves, projects of others and of
// ours, the kernel's tools. CONTRIBUTING.md says how it is run.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { unpackArchive } from '../../src/archive/unpack.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { unpackSources } from './sources.js'
import { CROSS_TUPLES, type Report, SDK_TUPLE, Trial } from './trial.js'

const ARM = CROSS_TUPLES[1]

describe('the toolchains of an SDK', { timeout: 2 * 3_600_000 }, () => {
  let folder = ''
  let trial: Trial

  before(async () => {
    const archive = process.env.SDK_ARCHIVE
    assert.ok(
      archive,
      'SDK_ARCHIVE=FILE has to name the archive of a finished SDK, with its record beside it',
    )
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'toolchains-')))
    const root = path.join(folder, 'root')
    await unpackArchive({ file: path.resolve(archive), target: root })
    trial = new Trial({ layers: [root], folder, archive: path.resolve(archive) })
    const distfiles = path.resolve(process.env.SDK_DISTFILES ?? path.join(folder, 'distfiles'))
    mkdirSync(distfiles, { recursive: true })
    await unpackSources(distfiles, path.join(trial.input, 'sources'))
  })

  after(async () => {
    if (folder !== '') await removeTree(folder, path.dirname(folder))
  })

  for (const tuple of [SDK_TUPLE, ...CROSS_TUPLES]) {
    test(`${tuple}: programs, linked in each way, do what they should`, async (context) => {
      tell(context, await trial.run('programs.sh', 'all', tuple))
    })

    test(`${tuple}: compilers, binutils and C library, by themselves`, async (context) => {
      tell(context, await trial.run('tools.sh', tuple))
    })

    test(`${tuple}: a CMake project is built, installed and run`, async (context) => {
      tell(context, await trial.run('projects.sh', 'cmake', tuple))
    })
  }

  for (const tuple of CROSS_TUPLES)
    test(`${tuple}: GNU patch and sed are built by their configure, and work`, async (context) => {
      tell(context, await trial.run('projects.sh', 'autotools', tuple))
    })

  test(`${ARM}: the kernel's configuration, headers and tools`, async (context) => {
    tell(context, await trial.run('projects.sh', 'kernel', ARM))
  })
})

function tell(context: TestContext, { ok, skipped, cpuSeconds }: Report): void {
  assert.ok(ok.length > 0, 'nothing was checked')
  context.diagnostic(`${ok.length} checks in ${cpuSeconds} s of processor time`)
  for (const line of skipped) context.diagnostic(`left out: ${line}`)
}
