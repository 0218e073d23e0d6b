// Paths of a definition: relative to its folder, or to a checkout that the user names (`{scripts}`).

import { join, resolve } from 'node:path'
import { isHostPath } from './read/grammar.js'

/** What `isHostPath` asks for, in words. */
export const HOST_PATH = 'a path in UTF-8 without control characters, of at most 4095 bytes'

/** Stands at the beginning of a path for the checkout that `--scripts` names. */
export const SCRIPTS = '{scripts}'

/** Where paths of a definition begin. */
export interface PathBases {
  /** The definition's folder. */
  readonly dir: string
  /** `--scripts`; absolute. Undefined leaves the placeholder in the paths. */
  readonly scripts?: string | undefined
}

/** A path as a definition has it: absolute or relative, perhaps beginning with {@link SCRIPTS}. */
export const isPathTemplate = (text: string): boolean =>
  isHostPath(text) && !/[{}]/.test(text.startsWith(`${SCRIPTS}/`) ? text.slice(SCRIPTS.length) : text)

/** Whether `text` is below the checkout. */
export const needsScripts = (text: string): boolean => text.startsWith(`${SCRIPTS}/`)

/** The absolute path that `text` stands for. */
export function definedPath(text: string, { dir, scripts }: PathBases): string {
  if (!needsScripts(text)) return resolve(dir, text)
  return scripts === undefined ? text : join(scripts, text.slice(SCRIPTS.length))
}

/** The digest that `sha256:…` names a seed by; undefined for a path. */
export const digestOfSeed = (text: string): string | undefined => /^sha256:([0-9a-f]{64})$/.exec(text)?.[1]

/** Whether `text` is an address, as `https://…`, where a file is meant: no file is named like that. */
export const isAddress = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
