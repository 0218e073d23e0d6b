// The JSON Schemas of what people and programs write and read: sdk.toml, fleet.toml, a stage's record, an event, and the object of
// each verb. Made from the schemas that this program itself checks them with, or has their types from; what those check by functions is
// said in words, as a description.

import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { EVENT_SCHEMA } from '../../events/event.js'
import { FACT_SCHEMAS } from '../../events/schema.js'
import { FLEET_TOML } from '../../sdk/read/fleet.js'
import { SDK_TOML } from '../../sdk/read/schema.js'
import { RECORD } from '../../store/record.js'
import { ANSWERS } from '../answers/table.js'

type Schema = v.GenericSchema

/** A JSON Schema, by keyword. */
export type Json = Record<string, unknown>

/** The schemas by the names of their files in `schemas/`. */
export function jsonSchemas(): Record<string, Json> {
  return {
    'sdk.schema.json': definitionSchema(),
    'fleet.schema.json': titled('A fleet, fleet.toml (docs/fleet.md)', convert(FLEET_TOML)),
    'record.schema.json': titled('The record of a stage (docs/record.md)', convert(RECORD)),
    'event.schema.json': eventSchema(),
    ...Object.fromEntries(
      Object.entries<Schema>(ANSWERS).map(([verb, schema]) => [
        `verb-${verb}.schema.json`,
        titled(`What \`${verb} --json\` writes (docs/verbs.md)`, convert(schema)),
      ]),
    ),
  }
}

const titled = (title: string, schema: Json): Json => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title,
  ...schema,
})

function convert(schema: Schema): Json {
  const { $schema: _, ...json } = toJsonSchema(schema, {
    errorMode: 'ignore',
    overrideSchema: override,
  }) as Json
  return json
}

/** Looks into a table behind its check, refuses its unknown keys, says where others may stand, and keeps in words what was expected of a value. */
function override({
  valibotSchema,
  jsonSchema,
}: {
  valibotSchema: unknown
  jsonSchema: JsonSchema
}): JsonSchema {
  const { type, rest, pipe = [], message } = valibotSchema as Partial<Checked>
  const last = pipe.at(-1)
  if (pipe[0]?.type === 'custom' && last?.kind === 'schema') return convert(last) as JsonSchema
  if (type === 'object_with_rest' && rest?.type === 'never')
    return { ...jsonSchema, additionalProperties: false }
  if (type === 'loose_object') return { ...jsonSchema, additionalProperties: true }
  return typeof message === 'string' ? { ...jsonSchema, description: message } : jsonSchema
}

/** What of a schema is looked at. */
interface Checked {
  readonly type: string
  readonly rest: Schema
  readonly pipe: readonly Schema[]
  readonly message: unknown
}

/** A file may leave to the definition that it extends whatever it likes, and add repositories. */
function definitionSchema(): Json {
  const { properties, ...rest } = convert(SDK_TOML) as { properties: Json }
  return titled('The definition of an SDK, sdk.toml (docs/sdk-definition.md)', {
    ...rest,
    required: ['name'],
    properties: { ...properties, more_repos: properties.repos },
  })
}

function eventSchema(): Json {
  const envelope = {
    v: { const: EVENT_SCHEMA },
    time: { type: 'string' },
    elapsedMs: { type: 'number', minimum: 0 },
  }
  const kinds = Object.entries<Schema>(FACT_SCHEMAS).map(([type, schema]) => {
    const {
      properties = {},
      required = [],
      ...rest
    } = convert(schema) as { properties?: Json; required?: string[] }
    return {
      ...rest,
      properties: { type: { const: type }, ...envelope, ...properties },
      required: ['type', ...Object.keys(envelope), ...required],
    }
  })
  return titled('An event: a line of the journal, and of --json (docs/events.md)', { oneOf: kinds })
}
