// Every edit of one place of a JSON file: each value changed, each taken away, and something added to each table and list.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** One edited copy. */
export interface Edit {
  /** Where, and what was done. */
  readonly what: string
  readonly json: Json
}

/** All of them, of `json`. */
export function* edits(json: Json): Generator<Edit> {
  for (const path of pathsIn(json)) {
    const name = path.join('.')
    const value = path.reduce<Json>((at, key) => (at as Table)[key] as Json, json)
    const isTable = typeof value === 'object' && value !== null
    yield { what: `${name} taken away`, json: edited(json, path, remove) }
    if (isTable)
      yield { what: `${name} with more`, json: edited(json, path, (at, key) => add(at[key] as Table)) }
    if (!isTable || Object.keys(value).length > 0)
      yield { what: `${name} changed`, json: edited(json, path, change) }
  }
}

type Table = Record<string | number, Json>

function* pathsIn(json: Json, path: readonly string[] = []): Generator<readonly string[]> {
  if (path.length > 0) yield path
  if (typeof json !== 'object' || json === null) return
  for (const key of Object.keys(json)) yield* pathsIn((json as Table)[key] as Json, [...path, key])
}

function edited(json: Json, path: readonly string[], act: (at: Table, key: string) => void): Json {
  const copy = structuredClone(json)
  const at = path.slice(0, -1).reduce<Json>((each, key) => (each as Table)[key] as Json, copy)
  act(at as Table, path.at(-1) ?? '')
  return copy
}

const remove = (at: Table, key: string): void =>
  Array.isArray(at) ? void at.splice(Number(key), 1) : void Reflect.deleteProperty(at, key)

const change = (at: Table, key: string): void => {
  at[key] = other(at[key] as Json)
}

const add = (at: Table): void =>
  void (Array.isArray(at) ? at.push(at[0] ?? 'more') : Object.assign(at, { more: 'more' }))

/** Another value of the same kind, which fits whatever it has to fit as well as that did. */
function other(value: Json): Json {
  switch (typeof value) {
    case 'boolean':
      return !value
    case 'number':
      return value + 1
    case 'string':
      return /^[0-9a-f]{32,}$/.test(value)
        ? value.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
        : /^\d{4}-.*Z$/.test(value)
          ? value.replace(/^./, '1')
          : `${value}x`
    default:
      return Array.isArray(value) ? [] : {}
  }
}
