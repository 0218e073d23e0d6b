// What of an older stage's configuration and overlays goes: what this stage's, if it has them, no longer have.

import assert from 'node:assert/strict'
import test from 'node:test'
import { type Placed, renderGone, replacePlaced, type ToPlace } from '../../../../src/stage/run/placed.js'

const BEFORE: Placed = {
  configuration: { '/etc/portage/a': '1', '/etc/portage/b': '2' },
  overlay: { '/etc/x': '3', '/etc/portage/b': '2' },
}

for (const [what, now, placed, gone] of [
  ['nothing is said, and all stays', {}, BEFORE, {}],
  [
    'another configuration',
    { configuration: { '/etc/portage/a': '9' } },
    { configuration: { '/etc/portage/a': '9' }, overlay: BEFORE.overlay },
    { '/etc/portage/b': '2' },
  ],
  [
    'an empty one',
    { configuration: {} },
    { configuration: {}, overlay: BEFORE.overlay },
    BEFORE.configuration,
  ],
  [
    'what the overlay has now is not taken away for the configuration',
    { configuration: {}, overlay: { '/etc/portage/a': '1', '/etc/y': '4' } },
    { configuration: {}, overlay: { '/etc/portage/a': '1', '/etc/y': '4' } },
    { '/etc/portage/b': '2', '/etc/x': '3' },
  ],
] as const)
  test(what, () => {
    const { configuration, overlay }: Partial<ToPlace> = now
    assert.deepEqual(replacePlaced(BEFORE, { configuration, overlay }), { placed, gone })
  })

test('the list is NUL-ended, for names with blanks and line breaks', () => {
  assert.equal(renderGone({ '/a b': '-> c', '/d\n': 'e' }), '/a b\0-> c\0/d\n\0e\0')
  assert.equal(renderGone({}), '')
})
