// A definition and those that it extends: reads their files, and makes one of their keys. What the keys may be is
// parse.ts's business.

import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { SdkError } from '../../errors.js'
import { whyUnread } from '../../files/look.js'
import { PROJECT } from '../../files/own.js'
import { readText, type Source } from '../../files/read.js'
import { createLocator } from '../locate.js'
import { definedPath, needsScripts } from '../paths.js'
import { isHostPath, isSdkName } from './grammar.js'
import { definitionError, describe, type FindPlace, type KeyPath } from './problems.js'

/** Keys by name, as they are written. */
export type Table = Readonly<Record<string, unknown>>

/** One file of a definition, and its keys. */
export interface Layer {
  readonly source: Source
  readonly toml: Table
}

/** A definition: its own file first, then the one that it extends, then what that one extends. */
export type Layers = readonly [Layer, ...Layer[]]

/** What each file says for itself. */
const OWN_KEYS: readonly string[] = ['name', 'extends']

/** Of each, the path is what is behind `user=`. */
const SSH_KEYS = 'stage4.ssh_public_keys.*'

/** Keys with paths: relative ones begin at the folder of the file that they are in. `*` is each item of a list. */
export const PATH_KEYS: readonly string[] = [
  'version_file',
  'portage_confdir',
  'repos.*.path',
  'more_repos.*.path',
  'stage4.root_overlay',
  'stage4.release_files',
  'stage4.fsscript',
  SSH_KEYS,
  'seed.settings_file',
  'seed.keyring',
  'seed.distribution.groups',
]

/** @param page describes its keys. @throws SdkError SDK_DEFINITION when `source` is not TOML */
export function parseLayer(source: Source, page?: string): Layer {
  const { file, text } = source
  try {
    return { source, toml: parse(text, { unsafeKeyBehaviour: 'throw' }) }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [first = ''] = error.message.split('\n')
    const message = first.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    const place = { line: error.line, column: error.column }
    throw definitionError([{ file, place, message }], error, page)
  }
}

/**
 * The file and all that it extends.
 *
 * @throws SdkError SDK_DEFINITION when one of them cannot be read, is not TOML, or extends one that is not there or that
 *   extends it
 */
export async function readLayers(file: string): Promise<Layers> {
  const layers: [Layer, ...Layer[]] = [await readLayer(file)]
  for (let last = layers[0]; last.toml.extends !== undefined; ) {
    last = await readLayer(baseOf(last, layers))
    layers.push(last)
  }
  return layers
}

async function readLayer(file: string): Promise<Layer> {
  return parseLayer({ file, text: await readNamed(file) })
}

/** The text of a file that belongs to a definition. @throws SdkError SDK_DEFINITION when it cannot be read */
export async function readNamed(file: string): Promise<string> {
  return await readText(file).catch(async (cause: NodeJS.ErrnoException) => {
    const why = await whyUnread(cause, file)
    throw new SdkError('SDK_DEFINITION', `${file}: cannot be read: ${why}`, { cause })
  })
}

/** The file that `layer`, the last of `layers`, extends. */
function baseOf({ source, toml }: Layer, layers: Layers): string {
  const wrong = (expected: string, found: string): SdkError =>
    definitionError([
      {
        file: source.file,
        place: createLocator(source.text)(['extends']),
        message: `extends: expected ${expected}, found ${found}`,
      },
    ])
  const name = toml.extends
  if (typeof name !== 'string' || !isHostPath(name) || needsScripts(name))
    throw wrong('a path of another definition', describe(name))
  // A bare name is that of a definition that ships with this program, unless there is a file of it.
  const beside = path.resolve(path.dirname(source.file), name)
  const base = isSdkName(name) && !existsSync(beside) ? path.join(PROJECT, 'sdks', name, 'sdk.toml') : beside
  if (!existsSync(base)) throw wrong('a definition', `none at ${base}`)
  const files = layers.map((layer) => realpathSync(layer.source.file))
  const first = files.indexOf(realpathSync(base))
  if (first === -1) return base
  const circle = [...layers.slice(first).map((layer) => layer.source.file), base].join(' → ')
  throw wrong('a definition that does not extend this one', `a circle: ${circle}`)
}

/**
 * The keys of all `layers` as if one file had them: tables are merged key by key; of any other value, lists too, that of
 * the nearer file counts. `name` is each file's own; paths of farther files are absolute.
 */
export function mergeLayers([own, ...bases]: Layers): Table {
  const merged = bases.reduceRight<Table>((far, { source, toml }) => {
    const inherited = Object.entries(toml).filter(([key]) => !OWN_KEYS.includes(key))
    return withMoreRepos(merge(far, withPaths(Object.fromEntries(inherited), path.dirname(source.file))))
  }, {})
  return withMoreRepos(merge(merged, own.toml))
}

/** Repos that a file adds to those that it takes over come after them. What is wrong stays as it is. */
function withMoreRepos({ more_repos: more, ...toml }: Table): Table {
  if (more === undefined) return toml
  if (!Array.isArray(more) || !Array.isArray(toml.repos)) return { ...toml, more_repos: more }
  return { ...toml, repos: [...toml.repos, ...more] }
}

function merge(far: Table, near: Table): Table {
  const merged: Record<string, unknown> = { ...far }
  for (const [key, value] of Object.entries(near)) {
    const under = merged[key]
    merged[key] = isTable(value) && isTable(under) ? merge(under, value) : value
  }
  return merged
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The keys of a file in `dir`, with absolute paths; what is wrong stays as it is. */
function withPaths(toml: Table, dir: string): Table {
  const absolute = (text: string): string =>
    isHostPath(text) && !needsScripts(text) ? definedPath(text, { dir }) : text
  const ofUser = (text: string): string => text.replace(/(?<==).*$/s, absolute)
  return PATH_KEYS.reduce<Table>(
    (table, key) => changed(table, key.split('.'), key === SSH_KEYS ? ofUser : absolute) as Table,
    toml,
  )
}

/** `value` with the texts at `keys` changed. */
function changed(value: unknown, keys: readonly string[], change: (text: string) => string): unknown {
  const [key, ...below] = keys
  if (key === undefined) return typeof value === 'string' ? change(value) : value
  if (key === '*') return Array.isArray(value) ? value.map((item) => changed(item, below, change)) : value
  if (!isTable(value) || !Object.hasOwn(value, key)) return value
  return { ...value, [key]: changed(value[key], below, change) }
}

/** Finds what is at a place of the merged keys: in the nearest file that has it, or in `layers`' own if none has. */
export function createPlacer(layers: Layers): FindPlace {
  const [own] = layers
  return (wanted) => {
    const at = placeOfRepo(layers, wanted)
    const inherited = !OWN_KEYS.includes(String(at[0]))
    const { source } = (inherited ? layers.find(({ toml }) => has(toml, at)) : undefined) ?? own
    return { file: source.file, place: createLocator(source.text)(at) }
  }
}

/** Where a repo of the merged list is written, if it is one that a file adds to those that it takes over. */
function placeOfRepo(layers: Layers, at: KeyPath): KeyPath {
  const [key, index, ...below] = at
  if (key !== 'repos' || typeof index !== 'number') return at
  const length = (toml: Table | undefined, name: string): number => {
    const list = toml?.[name]
    return Array.isArray(list) ? list.length : 0
  }
  const whole = layers.findIndex(({ toml }) => Object.hasOwn(toml, 'repos'))
  const more = index - length(layers[whole]?.toml, 'repos')
  // Only the nearest file that adds some is told apart: more of them are rare.
  const nearest = layers.slice(0, whole + 1).find(({ toml }) => length(toml, 'more_repos') > more)
  return more < 0 || nearest === undefined ? at : ['more_repos', more, ...below]
}

/** Whether a file with these keys decides what is at a place: it has that, or a whole list or other value around it. */
function has(toml: Table, at: KeyPath): boolean {
  let value: unknown = toml
  for (const key of at) {
    if (!isTable(value)) return true
    if (!Object.hasOwn(value, key)) return false
    value = value[key]
  }
  return true
}
