import assert from 'node:assert/strict'
import test from 'node:test'
import { SdkError } from '../../../src/errors.js'
import { parseDay, sourceDateEpoch } from '../../../src/sdk/source-date.js'
import { newVersion, parseVersion, type VersionWishes } from '../../../src/sdk/version.js'
import { parseVersionFile } from '../../../src/sdk/version-file.js'

const NOW = new Date(2021, 1, 26, 13, 21, 59)

test('versions are read into their parts', () => {
  for (const [text, id, buildId] of [
    ['2783.0.0', '2783.0.0', undefined],
    ['2783.0.0+2021-02-26-1321', '2783.0.0', '2021-02-26-1321'],
    ['4029.0.0+nightly-20240712-2100', '4029.0.0', 'nightly-20240712-2100'],
    ['1', '1', undefined],
    [`1.0+${'x'.repeat(96)}`, '1.0', 'x'.repeat(96)],
  ] as const) {
    const version = parseVersion(text)
    assert.deepEqual(version, buildId === undefined ? { text, id } : { text, id, buildId })
  }
})

const WRONG = [
  ...[
    '',
    ' ',
    'a/b',
    '1.0 ',
    ' 1.0',
    '1.0 x',
    '1..0',
    '.1',
    '1.',
    'v1',
    '..',
    '1/..',
    '1.0+',
    '1.0+-x',
    '1.0+.x',
  ],
  ...['1.0+a+b', '1.0+a/b', '1.0+$()', '1.0+a&b', '1.0\n', '1.0\n+a', '1.0+ä', `1.0+${'x'.repeat(97)}`],
  'x'.repeat(300),
]

for (const text of WRONG) {
  test(`no version: ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(
      () => parseVersion(text),
      (error) =>
        error instanceof SdkError &&
        error.code === 'SDK_USAGE' &&
        error.exitCode === 2 &&
        /ID or ID\+BUILD_ID/.test(error.hint ?? ''),
    )
  })
}

test("the form of Flatcar's container helper is refused, and said how to write", () => {
  assert.throws(() => parseVersion('alpha-3244.0.1-nightly2'), { hint: /^write 3244\.0\.1\+nightly2; / })
})

const newText = (wishes: Partial<VersionWishes>, buildId?: string): string =>
  newVersion(
    { id: '1.0', ...(buildId === undefined ? {} : { buildId }) },
    { isOfficial: false, buildId: undefined, ...wishes },
    NOW,
  ).text

test('a new version has the given build id, or the local start time', () => {
  assert.equal(newText({}), '1.0+2021-02-26-1321')
  assert.equal(newText({}, ''), '1.0+2021-02-26-1321')
  assert.equal(newText({}, 'nightly-x'), '1.0+nightly-x')
  assert.throws(() => newText({}, 'a/b'), { code: 'SDK_USAGE', message: /1\.0\+a\/b/ })
})

test('the environment decides before the definition', () => {
  assert.equal(newText({ buildId: 'env' }, 'file'), '1.0+env')
  assert.equal(newText({ buildId: 'env', isOfficial: true }, 'file'), '1.0')
})

test("the time of the sources is the definition's, else fixed", () => {
  assert.equal(sourceDateEpoch({ sourceDate: '2026-01-01' }), Date.UTC(2026, 0, 1) / 1000)
  assert.equal(sourceDateEpoch({}), Date.UTC(2000, 0, 1) / 1000)
  assert.equal(parseDay('2024-02-29'), Date.UTC(2024, 1, 29) / 1000)
  for (const text of ['2026-02-29', '2026-1-1', '20260101', '2026-13-01', '2026-01-01T00:00', ''])
    assert.equal(parseDay(text), undefined, text)
})

test("a version file in Flatcar's form", () => {
  const read = (text: string) => parseVersionFile({ file: '/v.txt', text })
  assert.deepEqual(
    read('FLATCAR_VERSION_ID=2783.0.0\nFLATCAR_BUILD_ID=""\nFLATCAR_SDK_VERSION=2782.0.0+x # old\n'),
    {
      id: '2783.0.0',
      seedVersion: '2782.0.0+x',
    },
  )
  assert.deepEqual(read("export FLATCAR_VERSION_ID='1.0'\nOTHER=$(x)\nFLATCAR_BUILD_ID=nightly"), {
    id: '1.0',
    buildId: 'nightly',
  })
  assert.throws(() => read(''), {
    code: 'SDK_DEFINITION',
    message: /^\/v\.txt:1:1: FLATCAR_VERSION_ID: .*found nothing/,
  })
  assert.throws(() => read('FLATCAR_VERSION_ID=1.0\nFLATCAR_BUILD_ID=a/b\nFLATCAR_SDK_VERSION=z'), {
    message: /^\/v\.txt:2:1: FLATCAR_BUILD_ID: .*\n\/v\.txt:3:1: FLATCAR_SDK_VERSION: /,
  })
})
