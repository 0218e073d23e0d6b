// What a JUnit file has to be for Jenkins' xunit plugin (its schema, junit-10) and for GitLab, which takes the same.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'

interface Rule {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  readonly children: readonly string[]
}

const ENDING: Rule = { required: [], optional: ['message', 'type'], children: [] }
const COUNTS = ['tests', 'failures', 'errors'] as const

/** Of each element that we write: its attributes, and what may be in it. */
const RULES: Readonly<Record<string, Rule>> = {
  testsuites: { required: [], optional: ['name', 'time', ...COUNTS], children: ['testsuite'] },
  testsuite: {
    required: ['name', ...COUNTS],
    optional: ['time', 'timestamp', 'skipped'],
    children: ['testcase'],
  },
  testcase: {
    required: ['name'],
    optional: ['time', 'classname'],
    children: ['skipped', 'error', 'failure'],
  },
  skipped: ENDING,
  error: ENDING,
  failure: ENDING,
}

interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
}

const PARSER = `import json, sys, xml.etree.ElementTree as tree
def told(each): return {"tag": each.tag, "attributes": each.attrib, "children": [told(one) for one in each]}
print(json.dumps(told(tree.fromstring(sys.stdin.buffer.read()))))`

/** Asserts that `xml` is well-formed and what those who read it take, with counts that are right. */
export function holdToJunit(xml: string): void {
  const top = JSON.parse(execFileSync('python3', ['-c', PARSER], { input: xml, encoding: 'utf8' })) as Element
  assert.equal(top.tag, 'testsuites')
  hold(top)
}

/** @returns how many cases there are in it, by kind of their end */
function hold({ tag, attributes, children }: Element): Record<string, number> {
  const rule = RULES[tag]
  assert.ok(rule !== undefined, tag)
  const names = Object.keys(attributes)
  const known = [...rule.required, ...rule.optional]
  assert.deepEqual(
    [names.filter((name) => !known.includes(name)), rule.required.filter((name) => !names.includes(name))],
    [[], []],
    `attributes of ${tag}`,
  )
  if (attributes.time !== undefined) assert.match(attributes.time, /^\d+\.\d{3}$/)
  const counts: Record<string, number> = { tests: tag === 'testcase' ? 1 : 0 }
  for (const child of children) {
    assert.ok(rule.children.includes(child.tag), `${child.tag} in ${tag}`)
    for (const [name, count] of Object.entries(hold(child))) counts[name] = (counts[name] ?? 0) + count
  }
  if (ENDS[tag] !== undefined) counts[ENDS[tag]] = 1
  for (const name of [...COUNTS, 'skipped'])
    if (attributes[name] !== undefined)
      assert.equal(attributes[name], String(counts[name] ?? 0), `${name} of ${tag}`)
  return counts
}

const ENDS: Readonly<Record<string, string>> = { failure: 'failures', error: 'errors', skipped: 'skipped' }
