// The order of places, and what the host's clients answer, read without asking them.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { basesOf, configuredIndex } from '../../src/portage/host-mirrors.js'
import { createMirrors, type MirrorOptions, parseThirdPartyMirrors } from '../../src/portage/mirrors.js'
import { describePlace } from '../../src/transfer/place.js'

const digests = { BLAKE2B: '', SHA512: '' }

async function places(uris: string[], options: Partial<MirrorOptions> = {}): Promise<string[]> {
  const mirrors = createMirrors({ stateDirectory: '/nonexistent', ...options })
  const found: string[] = []
  for await (const place of mirrors.places({ name: 'a-1.tar', size: 1, digests, uris }))
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

it('names npm packages, scoped ones too, and says what it does not know', async () => {
  assert.deepEqual(await places(['mirror://npm/left-pad/1.3.0', 'mirror://npm/@a/b/1.0.0-rc.1']), [
    'npm package left-pad@1.3.0',
    'npm package @a/b@1.0.0-rc.1',
  ])
  const strange = await places([
    'mirror://npm/left-pad',
    'mirror://npm/x/--help',
    'ftp://h/a',
    'mirror://what/a',
  ])
  assert.deepEqual(
    strange.map((text) => text.slice(0, 14)),
    ['none: expected', 'none: expected', 'none: only htt', 'none: no place'],
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
