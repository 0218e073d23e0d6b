import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { readEnvironment } from '../../../src/cli/environment.js'

test('only one file of the program looks at the environment of the process', () => {
  const readers = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .filter((name) => /\bprocess\b[^\n]*\benv\b|\benv\b[^\n]*= process\b/.test(code(path.join('src', name))))
  assert.deepEqual(readers, ['cli/environment.ts'])
})

/** A source file without its comments. */
const code = (file: string): string =>
  readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')

/** The names of variables that a reading of `variables` asks for. */
function namesAsked(variables: Record<string, string>): string[] {
  const asked = new Set<string>()
  const watched = new Proxy(variables, {
    get(target, name) {
      asked.add(String(name))
      return target[String(name)]
    },
    ownKeys: (target) => Object.keys(target),
  })
  readEnvironment(watched)
  return [...asked]
}

test('every variable that is read stands in the manual, and no other', () => {
  const manual = readFileSync('docs/manual.md', 'utf8')
  const section = manual.slice(manual.indexOf('\n## Environment\n'), manual.indexOf('### Coming from'))
  const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell)
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  // Node itself reads TMPDIR; what is handed on to others is asked for by its own name only where it is set.
  const handedOn = Object.keys(readEnvironment(everything(documented)).publishing).concat(
    Object.keys(readEnvironment(everything(documented)).host.packageClients),
  )
  const own = namesAsked({}).sort()
  assert.deepEqual(
    own.filter((name) => !documented.includes(name)),
    [],
  )
  assert.deepEqual(
    documented.filter((name) => ![...own, ...handedOn, 'TMPDIR'].includes(name)),
    [],
  )
})

const everything = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'x']))

test('the number of jobs: NUM_JOBS, CPUs', () => {
  for (const [text, jobs] of [
    [undefined, 8],
    ['7', 7],
    ['0', 8],
    ['abc', 8],
    ['', 8],
    ['-1', 8],
    ['10000', 8],
  ] as const) {
    assert.equal(readEnvironment(text === undefined ? {} : { NUM_JOBS: text }, 8).jobs, jobs, text)
  }
  assert.equal(readEnvironment({}).jobs, availableParallelism())
})

test('words and addresses are separated by blanks; what is empty is not set', () => {
  const said = readEnvironment({
    FORCE_STAGES: ' stage4  stage3',
    GENTOO_MIRRORS: 'https://a.example\nfile:///b ',
    FLATCAR_UPLOAD_ROOT: 'rsync://h/m',
    FLATCAR_BUILD_ID: 'x',
    COREOS_OFFICIAL: '1',
  })
  assert.deepEqual(said.forceStages, ['stage4', 'stage3'])
  assert.deepEqual(said.gentooMirrors, ['https://a.example', 'file:///b'])
  assert.equal(said.uploadRoot, 'rsync://h/m')
  assert.deepEqual(said.newVersion, { isOfficial: true, buildId: 'x' })
  const empty = readEnvironment({
    ...{ FORCE_STAGES: '', GENTOO_MIRRORS: ' ', FLATCAR_UPLOAD_ROOT: '', FLATCAR_BUILD_ID: '' },
    COREOS_OFFICIAL: '0',
  })
  assert.deepEqual([empty.forceStages, empty.gentooMirrors, empty.uploadRoot], [[], [], undefined])
  assert.deepEqual(empty.newVersion, { isOfficial: false, buildId: undefined })
})

test('colours: yes by default, FORCE_COLOR over NO_COLOR, and NO_COLOR off', () => {
  for (const [variables, color] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ FORCE_COLOR: 'false' }, false],
  ] as const)
    assert.deepEqual(readEnvironment({ TERM: 'xterm', ...variables }).terminal, { term: 'xterm', color })
})

test('programs get what is theirs, and nothing else', () => {
  const variables = {
    ...{ PATH: '/p', HOME: '/h', SECRET: 's', RSYNC_PASSWORD: 'r', SSH_AUTH_SOCK: '/s', GNUPGHOME: '/g' },
    ...{ HTTPS_PROXY: 'a', no_proxy: 'b', PIP_INDEX_URL: 'c', npm_config_registry: 'd', LD_PRELOAD: 'e' },
  }
  const { publishing, host } = readEnvironment(variables)
  assert.deepEqual(publishing, {
    ...{ HOME: '/h', RSYNC_PASSWORD: 'r', SSH_AUTH_SOCK: '/s', GNUPGHOME: '/g' },
    ...{ HTTPS_PROXY: 'a', no_proxy: 'b' },
  })
  assert.equal(host.path, '/p')
  assert.deepEqual(host.packageClients, {
    ...{ HOME: '/h', HTTPS_PROXY: 'a', no_proxy: 'b', PIP_INDEX_URL: 'c', npm_config_registry: 'd' },
  })
})
