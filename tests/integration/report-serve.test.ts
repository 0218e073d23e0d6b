// `serve` as a program: who may read what, and a page that stays new. And `report`, upon the same version.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Event } from '../../src/events/event.js'
import { axeProblems, launch, needsBrowser, open } from '../helpers/browser.js'
import { at, ONE_OF_EACH } from '../helpers/events.js'
import { MAIN } from '../helpers/program.js'
import { wholeRun } from '../helpers/report-events.js'
import { cli, finishStage, type Ground, ground, smallTree } from './verbs-helpers.js'

const EVIL = '<script>alert(1)</script>\u001b[31m\n'

const lines = (events: readonly Event[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('')

/** A version that has had a run, with logs, and a link among them that leads elsewhere. */
async function built(t: TestContext, version = '1.0.0+a', events = wholeRun()): Promise<Ground> {
  const made = await ground(t, version)
  write(made, events)
  return made
}

function write({ layout, folder }: Pick<Ground, 'layout' | 'folder'>, events: readonly Event[]): void {
  mkdirSync(path.dirname(layout.journal), { recursive: true })
  writeFileSync(layout.journal, lines(events))
  const logs = layout.stageLog('stage1')
  mkdirSync(logs, { recursive: true })
  writeFileSync(path.join(logs, 'run.log'), EVIL)
  writeFileSync(path.join(logs, 'sys-devel:gcc-14.2.0:20260101-000000.log'), `gcc ${EVIL}`)
  writeFileSync(path.join(folder, 'secret'), 'secret')
  symlinkSync(path.join(folder, 'secret'), path.join(logs, 'app-shells:bash-5.2:20260101-000000.log'))
}

const policyOf = ({ headers }: Answer): string => String(headers['content-security-policy'])

/** Starts `serve` and waits for its address. */
async function served(t: TestContext, { place }: Ground): Promise<{ url: URL; child: ChildProcess }> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...place, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').once('data', resolve)
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)))
  })
  return { url: new URL((JSON.parse(said) as { url: string }).url), child }
}

interface How {
  readonly method?: string
  readonly host?: string
}

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** Asks for a path as it is: a URL would be made plain before it is sent. */
function ask(url: URL, name: string, { method = 'GET', host = url.host }: How = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: url.hostname, port: url.port, path: name, method, headers: { Host: host } }
    const request = http.request(options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject).end()
  })
}

test('serve lets only who has the address read, and only what the page leads to', async (t) => {
  const made = await built(t)
  const { url, child } = await served(t, made)
  assert.equal(url.hostname, '127.0.0.1')
  const token = url.pathname
  assert.match(token, /^\/[\w-]{32}\/$/)
  const page = await ask(url, token)
  assert.equal(page.status, 200)
  assert.match(page.headers['content-type'] ?? '', /^text\/html/)
  assert.match(
    policyOf(page),
    /^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; connect-src 'self'; .*frame-ancestors 'none'$/,
  )
  assert.equal(page.headers['referrer-policy'], 'no-referrer')

  const names = [...page.body.matchAll(/href="((?:file|events)[^"]*)"/g)].map(([, name = '']) => name)
  // The journal, the stage's log, that of gcc; of what a link leads to there is nothing.
  const traces = names.filter((name) => /^file\/trace\./.test(name))
  assert.deepEqual(traces, ['file/trace.chrome.json', 'file/trace.otlp.json'])
  for (const name of traces) {
    const { status, headers, body } = await ask(url, `${token}${name}`)
    assert.deepEqual([status, headers['content-type']], [200, 'application/octet-stream'])
    assert.match(body, /gcc-14\.2\.0/)
    assert.ok(Object.hasOwn(JSON.parse(body), name.includes('chrome') ? 'traceEvents' : 'resourceSpans'))
  }
  const texts = new Set(names.filter((name) => !traces.includes(name)))
  assert.equal(texts.size, 3)
  for (const name of texts) {
    const file = await ask(url, `${token}${name}`)
    assert.equal(file.status, 200)
    assert.equal(file.headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(file.headers['x-content-type-options'], 'nosniff')
    assert.match(policyOf(file), /sandbox/)
    assert.ok(file.body === readFileSync(made.layout.journal, 'utf8') || file.body.endsWith(EVIL))
    assert.equal((await ask(url, `${token}${name}`, { method: 'HEAD' })).body, '')
  }

  const wrong = `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}/`
  const secret = path.join(made.folder, 'secret')
  const refused: readonly (readonly [status: number, name: string, how?: How])[] = [
    ...['/', wrong, token.slice(0, -1), `/${'x'.repeat(4000)}/`, '/%2e/', '//', '*'].map(
      (name) => [403, name] as const,
    ),
    ...[
      '../',
      '..%2f',
      `file/../../..${secret}`,
      `file/${encodeURIComponent(secret)}`,
      secret,
      'file/',
      'journal.jsonl',
      'file/%00',
    ].map((name) => [404, `${token}${name}`] as const),
    ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method) => [405, token, { method }] as const),
    ...[
      'evil.example',
      `evil.example:${url.port}`,
      '127.0.0.1',
      '127.0.0.1:1',
      `127.0.0.1.evil.example:${url.port}`,
    ].map((host) => [421, token, { host }] as const),
  ]
  for (const [status, name, how] of refused) {
    const answer = await ask(url, name, how)
    assert.equal(answer.status, status, `${name} ${JSON.stringify(how)}: ${answer.body}`)
    assert.doesNotMatch(answer.body, /secret|SDK embedded/)
  }
  assert.equal((await ask(url, token, { host: `localhost:${url.port}` })).status, 200)

  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  assert.equal(await ended, 130)
})

test('a page that is served takes over what is new, and keeps what was chosen', needsBrowser(), async (t) => {
  const events = wholeRun()
  const made = await built(t, '1.0.0+a', events.slice(0, -2))
  const { url } = await served(t, made)
  const browser = await launch()
  t.after(() => browser.close())
  const { page, problems } = await open(browser, url.href)
  await page.fill('#filter-name', 'gcc')
  await page.focus('#filter-name')
  assert.match((await page.textContent('.state')) ?? '', /^no end/)
  appendFileSync(
    made.layout.journal,
    lines([at(220_000, { ...ONE_OF_EACH['run-finished'], durationMs: 220_000 })]),
  )
  await page.locator('.state .good').waitFor({ timeout: 20_000 })
  assert.equal(await page.inputValue('#filter-name'), 'gcc')
  assert.equal(await page.locator('#package-table tbody tr:visible').count(), 2)
  assert.equal(await page.evaluate('document.activeElement.id'), 'filter-name')
  assert.equal(await page.locator('.curve canvas').count(), 4)
  assert.deepEqual(await axeProblems(page), [])
  assert.deepEqual(problems, [])
})

test('report tells what a version took, writes its page, and compares two', async (t) => {
  const made = await built(t)
  const text = await cli(['report', ...made.place])
  assert.equal(text.exitCode, 0, text.stderr)
  assert.match(text.stdout, /^packages +8, 1 at once at most$/m)
  assert.match(text.stdout, /^ +10\.0 s +stage1 +sys-devel\/gcc-14\.2\.0 \*$/m)
  const json = JSON.parse((await cli(['report', ...made.place, '--json'])).stdout)
  assert.deepEqual(
    [json.format, json.version, json.packages.length, json.run.waitMs],
    [1, '1.0.0+a', 8, 24_000],
  )
  assert.equal(json.run.outcome, 'finished')
  assert.doesNotMatch(text.stdout, /^(?:failed|stopped|not ended)/m)
  const whole = readFileSync(made.layout.journal, 'utf8')
  const ends = whole.trimEnd().split('\n')
  const end = JSON.parse(ends.at(-1) ?? '')
  assert.equal(end.type, 'run-finished')
  const failure = {
    ...end,
    type: 'run-failed',
    code: 'SDK_STAGE',
    message: 'stage1 failed\nwhy',
    exitCode: 5,
    facts: {},
  }
  writeFileSync(made.layout.journal, `${[...ends.slice(0, -1), JSON.stringify(failure)].join('\n')}\n`)
  assert.match((await cli(['report', ...made.place])).stdout, /^failed +stage1 failed \[SDK_STAGE\]$/m)
  writeFileSync(made.layout.journal, whole)
  const one = await finishStage(made.layout, 'stage1', {
    tree: smallTree(path.join(made.folder, 't'), 'one'),
  })
  const release = made.layout.release('zstd')
  for (const name of [
    `${one.archive}.lineage.gz`,
    release,
    `${release}.DIGESTS.sig`,
    `${release}.record.json`,
  ])
    writeFileSync(name, '')
  const file = path.join(made.folder, 'page.html')
  const page = await cli(['report', ...made.place, '--html', file])
  assert.equal(page.stdout, `${file}\n`, page.stderr)
  const links = readFileSync(file, 'utf8')
  assert.match(links, /href="cr\/log\/test-sdk\/stage1-amd64-1\.0\.0%2Ba\/run\.log"/)
  // All that lies beside an archive, and the release with its own.
  const linked = [...links.matchAll(/href="cr\/builds\/test-sdk\/([^"]+)"/g)].map(([, name]) =>
    decodeURIComponent(name ?? ''),
  )
  const [stage1, sdk] = [path.basename(one.archive), path.basename(release)]
  assert.deepEqual(
    linked.sort(),
    [
      ...['', '.record.json', '.DIGESTS', '.CONTENTS.gz', '.lineage.gz'].map((end) => `${stage1}${end}`),
      ...['', '.record.json', '.DIGESTS.sig'].map((end) => `${sdk}${end}`),
    ].sort(),
  )

  const { layout } = await ground(t, '1.0.0+b')
  const other = {
    ...layout,
    journal: path.join(path.dirname(made.layout.journal), '../1.0.0+b/journal.jsonl'),
  }
  mkdirSync(path.dirname(other.journal))
  const faster = wholeRun().filter(
    (event) => !('package' in event) || event.package !== 'app-shells/bash-5.2',
  )
  writeFileSync(other.journal, lines(faster))
  const compared = await cli(['report', ...made.place, '--compare', '1.0.0+a', '1.0.0+b', '--json'])
  assert.equal(compared.exitCode, 0, compared.stderr)
  const { differences, before, after } = JSON.parse(compared.stdout)
  assert.deepEqual([before, after], ['1.0.0+a', '1.0.0+b'])
  assert.deepEqual(
    differences
      .filter((each: { afterMs: number | null }) => each.afterMs === null)
      .map((each: { package: string }) => each.package),
    ['app-shells/bash-5.2', 'app-shells/bash-5.2'],
  )
  // Versions say themselves of which SDK they are.
  const root = made.place.slice(made.place.indexOf('--catalyst_root'))
  const unnamed = await cli(['report', ...root.slice(0, 2), '--compare', '1.0.0+a', '1.0.0+b', '--json'])
  assert.deepEqual([unnamed.exitCode, unnamed.stdout], [0, compared.stdout], unnamed.stderr)
  const lone = await cli(['report', ...made.place, '--compare', '1.0.0+a'])
  assert.deepEqual(
    [lone.exitCode, /expected two versions, found only "1\.0\.0\+a"/.test(lone.stderr)],
    [2, true],
  )
  const both = await cli(['report', ...made.place, '--compare', '1.0.0+a', '1.0.0+b', '--html', `${file}2`])
  assert.deepEqual([both.exitCode, /--html is the page of one version/.test(both.stderr)], [2, true])
  const unknown = await cli(['report', ...made.place, '--compare', '1.0.0+a', '1.0.0+zz'])
  assert.deepEqual([unknown.exitCode, /there is no version 1\.0\.0\+zz/.test(unknown.stderr)], [2, true])
})
