import assert from 'node:assert/strict'
import test from 'node:test'
import { parse } from 'smol-toml'
import { createLocator } from '../../../src/sdk/locate.js'
import { type KeyPath, showPath } from '../../../src/sdk/read/problems.js'

const SOURCE = `# a = "comment"
a = 1 # b = 2
  b.c = "x = 1"
"q u" = 'y#'
'lit"' = """
[no] = table
k = \\"""
""""
e1 = ""
list = [ 1, # one
  "two, ]", [3, 4],
  { x = [5], y.z = 6 } ]
day = 1979-05-27 07:32:00
[t]
a = true
[t.u."v.w"]
x = {}
[[r]]
n = 1
[r.sub]
m = 2
[[r]]
n = 3
[[r.deep]]
d = 1
[[r.deep]]
d = 2
"\\u0061b" = 7
z = '''
''''
[s]
`

const PLACES: readonly [KeyPath, number, number][] = [
  [[], 1, 1],
  [['a'], 2, 1],
  [['b'], 3, 3],
  [['b', 'c'], 3, 5],
  [['q u'], 4, 1],
  [['lit"'], 5, 1],
  [['e1'], 9, 1],
  [['list'], 10, 1],
  [['list', 0], 10, 10],
  [['list', 1], 11, 3],
  [['list', 2], 11, 13],
  [['list', 2, 1], 11, 17],
  [['list', 3], 12, 3],
  [['list', 3, 'x'], 12, 5],
  [['list', 3, 'x', 0], 12, 10],
  [['list', 3, 'y', 'z'], 12, 16],
  [['day'], 13, 1],
  [['t'], 14, 1],
  [['t', 'a'], 15, 1],
  [['t', 'u'], 16, 1],
  [['t', 'u', 'v.w', 'x'], 17, 1],
  [['r'], 18, 1],
  [['r', 0, 'n'], 19, 1],
  [['r', 0, 'sub', 'm'], 21, 1],
  [['r', 1], 22, 1],
  [['r', 1, 'n'], 23, 1],
  [['r', 1, 'deep', 0, 'd'], 25, 1],
  [['r', 1, 'deep', 1], 26, 1],
  [['r', 1, 'deep', 1, 'd'], 27, 1],
  [['r', 1, 'deep', 1, 'ab'], 28, 1],
  [['s'], 31, 1],
  // What is not there is where the table around it is.
  [['r', 1, 'missing', 'x'], 22, 1],
  [['missing'], 1, 1],
]

test('every path of a document has its place', () => {
  const locate = createLocator(SOURCE)
  for (const [path, line, column] of PLACES) {
    assert.deepEqual(locate(path), { line, column }, showPath(path))
  }
})

test('no value of the document is without a place of its own', () => {
  const locate = createLocator(SOURCE)
  const visit = (value: unknown, path: KeyPath): void => {
    if (typeof value !== 'object' || value === null || value instanceof Date) return
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
    for (const [key, inner] of entries) {
      const own = [...path, key]
      assert.notDeepEqual(locate(own), { line: 1, column: 1 }, showPath(own))
      visit(inner, own)
    }
  }
  visit(parse(SOURCE), [])
})

test('Windows line ends and an unfinished document do no harm', () => {
  assert.deepEqual(createLocator('a = 1\r\nb = 2\r\n')(['b']), { line: 2, column: 1 })
  assert.deepEqual(createLocator('a = [1,\n')(['a', 0]), { line: 1, column: 6 })
  assert.deepEqual(createLocator('!!!')(['a']), { line: 1, column: 1 })
})

test('paths are shown as TOML writes them', () => {
  assert.equal(showPath(['repos', 0, 'path']), 'repos[0].path')
  assert.equal(showPath(['carry', 'a:b/c', 'stage1', 2]), 'carry."a:b/c".stage1[2]')
})

test('a key of very many names is read in the memory of its text, and has the place of its beginning', () => {
  const source = `b = 1\n${'a.'.repeat(20_000)}a = 1\n[${'t.'.repeat(20_000)}t]\n`
  const locate = createLocator(source)
  assert.deepEqual(locate(Array.from({ length: 20_001 }, () => 'a')), { line: 2, column: 63 })
  assert.equal(locate(['t', 't']).line, 3)
})
