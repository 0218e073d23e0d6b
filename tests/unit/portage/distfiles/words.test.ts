// The pure parts of fetching: what is shown of a place, index pages, source definitions.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sourcesOfDeb822, sourcesOfList } from '../../../../src/portage/distfiles/apt-state.js'
import { digestText } from '../../../../src/portage/distfiles/distfile.js'
import { fileUrl } from '../../../../src/portage/distfiles/pypi.js'
import { describePlace, placeOfUrl, redact } from '../../../../src/transfer/place.js'

it('hides credentials and queries of every URL', () => {
  assert.equal(
    redact('see https://a:b@h.example/x?token=1 and http://t@h/y'),
    'see https://***@h.example/x?*** and http://***@h/y',
  )
  assert.equal(redact('git+https://h/x#a?b'), 'git+https://h/x#a?***')
  // Whoever writes an ebuild decides how long an address is.
  const long = `${'a'.repeat(2 ** 21)} ${'a://'.repeat(2 ** 19)}`
  assert.equal(redact(long), long)
  assert.equal(describePlace({ client: 'apt', url: 'http://a:b@h/x' }), 'http://***@h/x')
})

it('knows the schemes that can be read', () => {
  assert.deepEqual(placeOfUrl('file:///a%20b'), { client: 'file', path: '/a b' })
  assert.equal(placeOfUrl('ftp://h/x'), undefined)
})

it('finds a file on an index page, JSON and HTML', () => {
  const wanted = { file: 'a-1.tar.gz', page: 'https://h.example/simple/a/' }
  const json = JSON.stringify({ files: [{ filename: 'a-1.tar.gz', url: '../../p/a-1.tar.gz' }] })
  assert.equal(fileUrl(json, wanted), 'https://h.example/p/a-1.tar.gz')
  const html = '<a href="x/a-1.zip">a</a><a data-x="1" href="https://f.example/a-1.tar.gz#sha256=0">a</a>'
  assert.equal(fileUrl(html, wanted), 'https://f.example/a-1.tar.gz')
  assert.equal(fileUrl('<p>', wanted), undefined)
})

it('turns package sources into source-package sources', () => {
  const list =
    '# x\ndeb [signed-by=/k.gpg] http://h/d s main # y\ndeb-src http://h/d s main\ndeb cdrom:[x]/ s main\n'
  assert.equal(
    sourcesOfList(list),
    'deb-src [signed-by=/k.gpg] http://h/d s main # y\ndeb-src http://h/d s main\n',
  )
  const stanza = 'Types: deb\n# why\nURIs: http://h/d\nSuites: s\nSigned-By:\n -----BEGIN\n .\n -----END\n'
  const text = `${stanza}\n\nTypes: deb\nEnabled: no\nURIs: http://off/\n\nX-Other: 1\n`
  assert.equal(sourcesOfDeb822(text), stanza.replace('Types: deb', 'Types: deb-src'))
})

it('puts into a record the SHA512 of a source, or else what its Manifest has', () => {
  assert.equal(digestText({ BLAKE2B: 'b', SHA512: 's' }), 'SHA512:s')
  assert.equal(digestText({ BLAKE2B: 'b' }), 'BLAKE2B:b')
})
