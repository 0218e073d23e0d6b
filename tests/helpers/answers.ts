// Holds what a verb writes with --json to its published JSON Schema, with a validator that knows nothing of this program.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import { ANSWERS, type Answering } from '../../src/cli/answers/table.js'

const ajv = new Ajv({ strict: false, allErrors: true })
const checks = new Map<string, ValidateFunction>()

/** A schema of `schemas/` by the beginning of its name. Here a field that is not in it is wrong, too: whoever adds one says so. */
export function schemaCheck(name: string): ValidateFunction {
  const known = checks.get(name)
  if (known !== undefined) return known
  const text = readFileSync(`schemas/${name}.schema.json`, 'utf8')
  const check = ajv.compile(JSON.parse(text, closed) as object)
  checks.set(name, check)
  return check
}

function closed(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const isOpen = !('type' in value) || value.type !== 'object' || !('properties' in value)
  return isOpen || 'additionalProperties' in value ? value : { ...value, additionalProperties: false }
}

/** Asserts that `stdout` of `VERB … --json` is one line with one object, as `schemas/` has it. @returns the object */
export function requireAnswer(verb: string, stdout: string): Record<string, unknown> {
  assert.match(stdout, /^[^\n]+\n$/, `${verb}: ${stdout}`)
  const answer = JSON.parse(stdout) as Record<string, unknown>
  const check = schemaCheck(`verb-${verb}`)
  if (!check(answer)) assert.fail(`${verb} --json: ${ajv.errorsText(check.errors)}: ${stdout.slice(0, 2000)}`)
  return answer
}

/** Holds what a command has written to its schema, if it is the object of a verb and no event. */
export function holdToSchema(args: readonly string[], stdout: string): void {
  const [verb = ''] = args
  if (!args.includes('--json') || !Object.hasOwn(ANSWERS, verb) || !stdout.startsWith('{"format"')) return
  requireAnswer(verb as Answering, stdout)
}
