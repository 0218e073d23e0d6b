// What is in the finished stages of the miniature SDK, and what their builds saw: read from the archives.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Event } from '../../src/events/event.js'
import { must } from '../../src/process/run.js'
import { leftoversOf, members, memberText } from './archive-facts.js'
import type { MiniPlace } from './mini-place.js'

const STAGES = ['stage1', 'stage2', 'stage3', 'stage4'] as const

/** Registers the tests about the finished stages of `version`, which `finish` builds unless they are there. */
export function testFinishedStages(
  at: () => MiniPlace,
  version: string,
  finish: () => Promise<unknown>,
): void {
  const it = (title: string, check: () => void | Promise<void>): void =>
    void test(title, async () => {
      await finish()
      await check()
    })
  const archive = (stage: string): string => at().archive(version, stage)
  const text = (stage: string, file: string): string => memberText(archive(stage), file)

  const journal = (): Event[] =>
    readFileSync(path.join(at().root, `log/mini-sdk/${version}/journal.jsonl`), 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Event]))

  it('stage 1 holds the packages of packages.build, in the versions of packages, and nothing else of the seed', () => {
    assert.deepEqual(Object.keys(at().origins(version, 'stage1')).sort(), [
      'app-misc/alpha-1',
      'app-misc/tool-1',
      'sys-apps/baselayout-1',
      'sys-apps/host-1',
    ])
    for (const stage of STAGES) {
      assert.ok(!members(archive(stage)).includes('./etc/seed-sentinel'), stage)
      assert.ok(members(archive(stage)).includes('./usr/share/alpha/version'), stage)
    }
  })

  it('USE: -* and build and the bootstrap flags in stage 1, the profile in stage 3', () => {
    assert.equal(text('stage1', 'usr/share/alpha/use'), 'amd64 build wanted\n')
    assert.equal(text('stage2', 'usr/share/alpha/use'), 'amd64 bootstrap wanted\n')
    assert.match(text('stage3', 'usr/share/alpha/use'), /\bfancy\b/)
    assert.doesNotMatch(text('stage3', 'usr/share/alpha/use'), /\b(?:build|bootstrap|wanted)\b/)
  })

  it('each stage builds its tools with those of the stage before; stage 2 by the bootstrap script of the main repo', () => {
    const tool = (stage: string): string | undefined => /echo '(.*)'/.exec(text(stage, 'usr/bin/tool'))?.[1]
    assert.equal(tool('stage1'), 'stage1 with seed with nothing')
    assert.equal(tool('stage2'), 'stage2 with stage1 with seed with nothing')
    assert.equal(tool('stage3'), 'stage3 with stage2 with stage1 with seed with nothing')
    const script = '/var/gentoo/repos/main/scripts/bootstrap.sh'
    assert.equal(text('stage2', 'usr/share/bootstrapped-by'), `${script}\n`)
    assert.ok(!members(archive('stage1')).includes('./usr/share/bootstrapped-by'))
  })

  it('stage 3 built every package of the system after it began', () => {
    const begin = journal().find((event) => event.type === 'stage-started' && event.stage === 'stage3')
    assert.ok(begin !== undefined)
    const { packages } = at().record(version, 'stage3')
    assert.deepEqual(packages.map((each) => each.cpv).sort(), [
      'app-misc/alpha-2',
      'app-misc/tool-1',
      'dev-mini/late-2',
      'sys-apps/baselayout-1',
      'sys-apps/host-1',
    ])
    // BUILD_TIME is in whole seconds.
    for (const { cpv, buildTime } of packages)
      assert.ok(buildTime >= Math.floor(Date.parse(begin.time) / 1000), `${cpv} was built before stage 3`)
  })

  it('a build sees its own host name and processes, read-only repos, writable caches, and /proc', () => {
    for (const stage of ['stage1', 'stage3']) {
      const report = text(stage, 'usr/share/alpha/report').split('\n')
      assert.equal(report[0], `hostname ${stage}`)
      assert.deepEqual(report.slice(1, 6), [
        'read-only /var/gentoo/repos/main',
        'read-only /var/gentoo/repos/overlay',
        'writable /var/cache/distfiles',
        'writable /var/cache/binpkgs',
        'writable /var/cache/configure-answers',
      ])
      assert.ok(report.some((line) => line.includes(`/run/bootstrap_sdk/stage/${stage}.sh run`)))
      assert.ok(!report.some((line) => line.includes('cli/main.js')), 'a process of the host is visible')
      const mounts = text(stage, 'usr/share/alpha/mountinfo')
      assert.match(mounts, / \/proc rw\S* (?:\S+ )*- proc /)
    }
    const mounts = text('stage3', 'usr/share/alpha/mountinfo')
    for (const repo of ['main', 'overlay']) assert.match(mounts, new RegExp(` /var/gentoo/repos/${repo} ro,`))
  })

  it('nothing of the environment of the caller is in any process of a stage', () => {
    for (const stage of ['stage1', 'stage3']) {
      const seen = text(stage, 'usr/share/alpha/environment')
      assert.match(seen, /^SOURCE_DATE_EPOCH=\d+$/m)
      assert.doesNotMatch(seen, /NUM_JOBS|SECRET|of-the-caller|http_proxy|proxy\.invalid/)
    }
  })

  it('no archive holds what belongs to a run or a machine', () => {
    for (const stage of STAGES) {
      const names = members(archive(stage))
      assert.ok(names.includes('./tmp/') && names.includes('./var/tmp/'), stage)
      assert.deepEqual(leftoversOf(archive(stage)), [], stage)
    }
  })

  it('the report shows the finished run and each of its stages', () => {
    const page = readFileSync(path.join(at().root, `log/mini-sdk/${version}/report.html`), 'utf8')
    assert.match(page, />finished in /)
    for (const stage of STAGES) {
      assert.match(page, new RegExp(`<th scope="row">${stage}</th><td>finished</td>`))
      assert.ok(page.includes(`<title>${stage} run, a step: `), `${stage} is not on the time line`)
    }
  })

  it('stage 4: folders are emptied but for links, files removed, the root overlay wins and is there for the script', () => {
    const names = members(archive('stage4')).filter((name) => name.startsWith('./usr/share/sdk/'))
    assert.deepEqual(names, [
      './usr/share/sdk/',
      './usr/share/sdk/emptied/',
      './usr/share/sdk/kept/',
      './usr/share/sdk/kept/file',
      './usr/share/sdk/link',
      './usr/share/sdk/origin',
      './usr/share/sdk/seen-by-fsscript',
    ])
    assert.equal(text('stage4', 'usr/share/sdk/origin'), 'root overlay\n')
    assert.equal(text('stage4', 'usr/share/sdk/seen-by-fsscript'), 'root overlay\n')
    const warnings = journal().flatMap((event) => (event.type === 'warning' ? [event.message] : []))
    assert.ok(
      warnings.includes('stage4: /usr/share/sdk/link is a link; it is not emptied'),
      warnings.join('\n'),
    )
  })

  it('a file of two names stays one file, also where a stage installs it as it was', () => {
    for (const stage of STAGES) {
      const listed = execFileSync('tar', ['-tvf', archive(stage), './usr/share/alpha/two'], {
        encoding: 'utf8',
      })
      assert.match(listed, / \.\/usr\/share\/alpha\/two link to \.\/usr\/share\/alpha\/one$/m, stage)
    }
  })

  it('an interpreter of the machine is in the stages, and in no archive', () => {
    for (const stage of ['stage1', 'stage3'])
      assert.match(text(stage, 'usr/share/alpha/mountinfo'), / \/usr\/bin\/flock ro,/)
    for (const stage of STAGES) assert.ok(!members(archive(stage)).includes('./usr/bin/flock'), stage)
  })

  it('CONTENTS has a line for each member, in the order of the archive', async () => {
    for (const stage of STAGES) {
      const listed = await must({ argv: ['tar', '-tf', archive(stage)] })
      assert.deepEqual(members(archive(stage)), listed.trimEnd().split('\n'))
      assert.equal(members(archive(stage)).length, at().record(version, stage).output.entries)
    }
  })
}
