// What a stage writes for the engine: bounded in all that takes memory, in an engine that has little.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readDistfileList } from '../../../../src/stage/run/distfiles.js'
import { readBelow } from '../../../../src/store/hostile/held-folder.js'

test('a text is read up to its bounds: bytes, lines, and values of JSON', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'held-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(path.join(folder, 'list'), '[1,{"a":2}]\nb\n')
  const read = (bounds: Parameters<typeof readBelow>[2]): string | undefined =>
    readBelow(folder, 'list', bounds)
  assert.equal(read({ bytes: 14, lines: 2, values: 3 }), '[1,{"a":2}]\nb\n')
  assert.throws(() => read(13), { code: 'SDK_STAGE', message: /list is longer than 13 bytes$/ })
  assert.throws(() => read({ bytes: 14, lines: 1 }), {
    code: 'SDK_STAGE',
    message: /list has more than 1 lines$/,
  })
  assert.throws(() => read({ bytes: 14, values: 2 }), {
    code: 'SDK_STAGE',
    message: /list has more than 2 values$/,
  })
})

test('no words in a list of a stage keep the engine busy', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'held-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const problem = `a/b${'::'.repeat(2 ** 20)}`
  const list = { distfiles: [], mirrors: [], problems: [problem] }
  writeFileSync(path.join(folder, 'distfiles.json'), JSON.stringify(list))
  await assert.rejects(readDistfileList(folder), { code: 'SDK_REPO', message: problem })
})

test('no list of a stage takes more memory than the engine has', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'held-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const at = (name: string): string =>
    JSON.stringify(new URL(`../../../../src/stage/${name}.js`, import.meta.url))
  const lists = {
    'distfiles.json': `{"distfiles":[],"problems":[],"mirrors":[${'"",'.repeat(3 * 2 ** 20)}""]}`,
    'live.json': `{"live":[${'{},'.repeat(3 * 2 ** 20)}{}]}`,
    packages: 'a\n'.repeat(5 * 2 ** 20),
  }
  for (const [name, text] of Object.entries({ carried: '', ...lists }))
    writeFileSync(path.join(folder, name), text)
  const script = `import { readDistfileList } from ${at('run/distfiles')}
    import { readLiveList } from ${at('run/live')}
    import { readReported } from ${at('finish/reported')}
    const folder = ${JSON.stringify(folder)}
    for (const act of [readDistfileList, readLiveList, (output) => readReported({ output })])
      await act(folder).then(() => console.log('read'), ({ code }) => console.log(code))`
  const argv = ['--max-old-space-size=96', '--input-type=module', '--eval', script]
  const { stdout, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  assert.deepEqual([status, stdout], [0, 'SDK_STAGE\nSDK_STAGE\nSDK_STAGE\n'])
})
