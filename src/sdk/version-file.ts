// A version file in Flatcar's form: lines of KEY=VALUE, of which three concern us.

import type { Source } from '../files/read.js'
import type { VersionSource } from './definition.js'
import { definitionError, type PlacedProblem } from './read/problems.js'
import { isVersionId, parseVersion } from './version.js'

const ID = 'FLATCAR_VERSION_ID'
const BUILD_ID = 'FLATCAR_BUILD_ID'
const SDK_VERSION = 'FLATCAR_SDK_VERSION'

/**
 * Reads FLATCAR_VERSION_ID (required), FLATCAR_BUILD_ID and FLATCAR_SDK_VERSION (empty means not given). Other lines
 * are left alone, as is what a shell would do with the values: only one pair of quotes is taken off.
 *
 * @throws SdkError SDK_DEFINITION with every value that is not a version
 */
export function parseVersionFile({ file, text }: Source): VersionSource {
  const values = readAssignments(text)
  const problems: PlacedProblem[] = []
  const expect = (key: string, expected: string, test: (value: string) => boolean): string => {
    const { value = '', line = 1 } = values.get(key) ?? {}
    if (value !== '' ? !test(value) : key === ID) {
      const message = `${key}: expected ${expected}, found ${value === '' ? 'nothing' : JSON.stringify(value)}`
      problems.push({ file, place: { line, column: 1 }, message })
    }
    return value
  }
  const id = expect(ID, 'numbers joined by dots', isVersionId)
  const buildId = expect(BUILD_ID, 'a build id', (value) => isVersion(`0+${value}`))
  const seedVersion = expect(SDK_VERSION, 'a version', isVersion)
  if (problems.length > 0) throw definitionError(problems)
  return { id, ...(buildId === '' ? {} : { buildId }), ...(seedVersion === '' ? {} : { seedVersion }) }
}

/** The lines `KEY=VALUE` of a file for shells, by key. What a shell would do with a value is not done. */
export function readAssignments(text: string): Map<string, { value: string; line: number }> {
  const values = new Map<string, { value: string; line: number }>()
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*(?:#.*)?$/.exec(line)
    const [, key, ...forms] = match ?? []
    if (key !== undefined)
      values.set(key, { value: forms.find((form) => form !== undefined) ?? '', line: index + 1 })
  }
  return values
}

function isVersion(text: string): boolean {
  try {
    parseVersion(text)
    return true
  } catch {
    return false
  }
}
