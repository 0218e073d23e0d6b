import assert from 'node:assert/strict'
import test from 'node:test'
import {
  environmentFeatures,
  leavesDocumentsOut,
  noDocuments,
  OVERRIDES,
  refusedFeatures,
} from '../../../src/portage/features.js'

test('what no stage has is off in the environment, where it wins over every configuration', () => {
  const words = environmentFeatures(['nodoc'])
  for (const { features } of OVERRIDES)
    for (const feature of features) assert.ok(words.includes(`-${feature}`), feature)
  assert.ok(words.includes('nodoc'))
})

test('who asks for it is told why not; who switches it off, or asks for what there is, is not', () => {
  assert.deepEqual(refusedFeatures(['-userpriv', 'nostrip', 'sandbox', '-sandbox']), [])
  assert.deepEqual(refusedFeatures(['userpriv', 'distcc', '-sandbox', 'sandbox', 'ccache']), [
    'FEATURES: sandbox cannot be had: the whole stage is in one sandbox',
    'FEATURES: userpriv cannot be had: stages run as root',
    'FEATURES: distcc cannot be had: stages have no network',
    'FEATURES: ccache cannot be had: the compiler cache of a stage is asked for by --ccache',
  ])
})

test('documents are left out but for those that the definition lets in', () => {
  assert.deepEqual(noDocuments([]), ['nodoc', 'noinfo', 'noman'])
  assert.deepEqual(noDocuments(['-noman']), ['nodoc', 'noinfo'])
  assert.ok(leavesDocumentsOut(['noman', 'noinfo', 'nodoc']))
  assert.ok(!leavesDocumentsOut(['noman', 'nodoc']))
  assert.ok(!leavesDocumentsOut([]))
})
