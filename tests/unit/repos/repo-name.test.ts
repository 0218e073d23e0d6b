// The name that Portage knows a repo by: the first line of profiles/repo_name, or what metadata/layout.conf says instead.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { checkRepoName } from '../../../src/repos/check-name.js'
import { readRepoName } from '../../../src/repos/squashed.js'

const CASES: readonly (readonly [name: string, layout: string, found: string | undefined])[] = [
  ['main\n', 'masters =\n', 'main'],
  [' main \nsecond line\n', '', 'main'],
  ['\nmain\n', '', undefined],
  ['main\n', 'masters =\nrepo-name = other\n', 'other'],
  ['main\n', '  repo-name=other\t\n', 'other'],
  ['main\n', '# repo-name = other\nrepo-name =\n', 'main'],
]

test('a repo has the name by which Portage knows it', async (t) => {
  const repo = mkdtempSync(path.join(os.tmpdir(), 'repo-'))
  t.after(() => rmSync(repo, { recursive: true }))
  for (const folder of ['profiles', 'metadata']) mkdirSync(path.join(repo, folder))
  for (const [name, layout, found] of CASES) {
    writeFileSync(path.join(repo, 'profiles/repo_name'), name)
    writeFileSync(path.join(repo, 'metadata/layout.conf'), layout)
    assert.equal(await readRepoName(repo), found, JSON.stringify([name, layout]))
    const checked = checkRepoName({ name: 'main', path: repo })
    if (found === 'main') await checked
    else await assert.rejects(checked, { code: 'SDK_REPO' })
  }
  rmSync(path.join(repo, 'metadata'), { recursive: true })
  assert.equal(await readRepoName(repo), 'main')
})
