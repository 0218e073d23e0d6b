import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStoreReference } from '../../../src/registry/reference.js'

test('a store is oci://HOST[:PORT]/NAME; plain HTTP is for this machine alone', () => {
  for (const [text, repository, isLoopback] of [
    ['oci://ghcr.io/owner/sdk-store', 'ghcr.io/owner/sdk-store', false],
    ['oci://Registry.Example.org:5000/a/b__c.d-e', 'registry.example.org:5000/a/b__c.d-e', false],
    ['oci://127.0.0.1:5000/store', '127.0.0.1:5000/store', true],
    ['oci://localhost/store', 'localhost/store', true],
    ['oci://[::1]:5000/store', '[::1]:5000/store', true],
    ['oci://127.example.org/store', '127.example.org/store', false],
    ['oci://localhost.example.org/store', 'localhost.example.org/store', false],
    ['oci://[2001:db8::1]/store', '[2001:db8::1]/store', false],
  ] as const)
    assert.deepEqual(parseStoreReference(text), { text, repository, isLoopback })
})

test('anything else is refused before it is used, and a login is not repeated', () => {
  for (const text of [
    ...[
      '',
      'ghcr.io/a/b',
      'https://ghcr.io/a',
      'docker://ghcr.io/a',
      'oci:/srv/layout',
      'oci://',
      'oci:///a',
    ],
    ...[
      'oci://ghcr.io',
      'oci://ghcr.io/',
      'oci://ghcr.io/A',
      'oci://ghcr.io/a:tag',
      'oci://ghcr.io/a//b',
      'oci://ghcr.io/../b',
    ],
    ...[
      'oci://ghcr.io/a?b',
      'oci://ghcr.io/a b',
      'oci://-h.io/a',
      'oci://h.io:x/a',
      'oci://ghcr/a',
      'oci://h.io/a\n',
      'oci://h.io/--option',
    ],
    `oci://h.io/${'a'.repeat(300)}`,
  ])
    assert.throws(() => parseStoreReference(text), { code: 'SDK_USAGE' }, text)
  assert.throws(
    () => parseStoreReference('oci://me:secret@h.io/a'),
    (error: Error) => !error.message.includes('secret') && /login/.test(error.message),
  )
})
