// The order of places, and what the host's clients answer, read without asking them.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { basesOf, configuredIndex } from '../../../../src/portage/distfiles/host-mirrors.js'
import { createMirrors, type MirrorOptions } from '../../../../src/portage/distfiles/mirrors.js'
import {
  parseThirdPartyMirrors,
  readThirdPartyMirrors,
} from '../../../../src/portage/distfiles/third-party.js'
import { describePlace } from '../../../../src/transfer/place.js'

const digests = { BLAKE2B: '', SHA512: '' }

async function places(
  uris: string[],
  {
    restrict = [],
    mirrors: own = [],
    ...options
  }: Partial<MirrorOptions> & { restrict?: string[]; mirrors?: string[] } = {},
): Promise<string[]> {
  const mirrors = createMirrors({ stateDirectory: '/nonexistent', ...options })
  const found: string[] = []
  for await (const place of mirrors.places({
    name: 'a-1.tar',
    size: 1,
    digests,
    uris,
    restrict,
    mirrors: own,
  }))
    found.push(place.client === 'none' ? `none: ${place.reason}` : describePlace(place))
  return found
}

it('tries what the user named first, then the URIs in their order', async () => {
  const overrides = [
    { name: 'gnu', url: 'http://one' },
    { name: 'gnu', url: 'http://two/' },
  ]
  const thirdParty = parseThirdPartyMirrors('# x\ngnu http://three/gnu/ http://four\n\n')
  assert.deepEqual(await places(['http://up/a', 'mirror://gnu/x/a'], { overrides, thirdParty }), [
    'http://one/x/a',
    'http://two/x/a',
    'http://up/a',
    'http://three/gnu/x/a',
    'http://four/x/a',
  ])
})

it('asks four http mirrors of a name at most, and Gentoo mirrors in both layouts', async () => {
  const thirdParty = parseThirdPartyMirrors(
    'apache ftp://no http://1/ https://2 http://3 http://4 http://5\ngentoo http://g/d\n',
  )
  assert.deepEqual(await places(['mirror://apache/x'], { thirdParty }), [
    'http://1/x',
    'https://2/x',
    'http://3/x',
    'http://4/x',
  ])
  const [flat, hashed, ...more] = await places(['mirror://gentoo/a-1.tar'], { thirdParty })
  assert.equal(flat, 'http://g/d/a-1.tar')
  assert.match(hashed ?? '', /^http:\/\/g\/d\/[0-9a-f]{2}\/a-1\.tar$/)
  assert.deepEqual(more, [])
})

it('reads the lists of several repos, the first one first', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mirrors-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of [
    ['one', 'gnu http://a http://b\n'],
    ['two', 'gnu http://b http://c\nkde http://k\n'],
  ] as const) {
    mkdirSync(join(folder, name, 'profiles'), { recursive: true })
    writeFileSync(join(folder, name, 'profiles/thirdpartymirrors'), text)
  }
  const all = await readThirdPartyMirrors(['one', 'none', 'two'].map((name) => join(folder, name)))
  assert.deepEqual(Object.fromEntries(all), { gnu: ['http://a', 'http://b', 'http://c'], kde: ['http://k'] })
})

it('asks the mirrors of the profile after those of the caller, and before upstream', async () => {
  const mirrors = ['http://profile']
  const hosts = (await places(['http://up/a'], { gentooMirrors: ['http://mine'], mirrors })).map((url) =>
    url.slice(7, 14),
  )
  assert.deepEqual(hosts, ['mine/di', 'mine/di', 'profile', 'profile', 'up/a'])
})

it('heeds RESTRICT, and what lifts it', async () => {
  const options = { gentooMirrors: ['http://g'], overrides: [{ name: 'mine', url: 'http://m' }] }
  const uris = ['http://up/a', 'mirror://mine/a']
  const gentoo = (found: string[]): number[] =>
    found.flatMap((place, index) => (place.startsWith('http://g/distfiles/') ? [index] : []))
  const own = ['http://m/a', 'http://up/a']
  assert.deepEqual(gentoo(await places(uris, options)), [1, 2])
  assert.deepEqual(await places(uris, { ...options, restrict: ['mirror'] }), own)
  assert.deepEqual(gentoo(await places(uris, { ...options, restrict: ['primaryuri'] })), [2, 3])
  const byHand = await places(uris, { ...options, restrict: ['fetch'] })
  assert.deepEqual(byHand.slice(0, 1), own.slice(0, 1))
  assert.ok(byHand.slice(1).every((text) => text.startsWith('none: its ebuild restricts fetching')))
  const lifted = await places(['fetch+http://up/a'], { ...options, restrict: ['fetch'] })
  assert.deepEqual(lifted, ['http://up/a'])
  const open = await places(['mirror+http://up/a'], { ...options, restrict: ['fetch'] })
  assert.deepEqual(gentoo(open), [0, 1])
  assert.equal(open[2], 'http://up/a')
})

it('names npm packages, scoped ones too, and says what it does not know', async () => {
  const known = [
    'mirror://npm/left-pad/1.3.0',
    'mirror://npm/@a/b/1.0.0-rc.1',
    'mirror://npm/left-pad/-/left-pad-1.3.0.tgz',
    'mirror://npm/@a/b/-/b-1.0.0-rc.1.tgz',
  ]
  assert.deepEqual(await places(known), [
    'npm package left-pad@1.3.0',
    'npm package @a/b@1.0.0-rc.1',
    'npm package left-pad@1.3.0',
    'npm package @a/b@1.0.0-rc.1',
  ])
  const overrides = [{ name: 'npm', url: 'http://registry' }]
  const [own] = await places(known.slice(3), { overrides })
  assert.equal(own, 'http://registry/@a/b/-/b-1.0.0-rc.1.tgz')
  const strange = await places([
    'mirror://npm/left-pad',
    'mirror://npm/left-pad/-/right-pad-1.3.0.tgz',
    'mirror://npm/x/--help',
    'ftp://h/a',
    'mirror://what/a',
  ])
  assert.deepEqual(
    strange.map((text) => text.slice(0, 14)),
    ['none: expected', 'none: expected', 'none: expected', 'none: only htt', 'none: no place'],
  )
})

it('reads the bases out of apt’s answer', () => {
  const text =
    'http://h/debian/|main\nhttp://h/debian/|contrib\nhttp://s/sec/|main\nmirror+file:/x/|main\ncdrom://[x]/|main\nfile:/srv/d/|main\nhttp://o/|other\n'
  assert.deepEqual(basesOf(text), ['http://h/debian', 'http://s/sec', 'file:/srv/d'])
  assert.deepEqual(basesOf('http://o/|other\n'), ['http://o'])
})

it('reads the index out of pip’s configuration', () => {
  const global = "global.cert='/c'\nglobal.index-url='https://g/simple'\n"
  assert.equal(configuredIndex(global), 'https://g/simple')
  assert.equal(configuredIndex(`:env:.index-url='https://e'\n${global}`), 'https://e')
  assert.equal(configuredIndex("global.cert='/c'\n"), undefined)
})
