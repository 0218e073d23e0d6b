// Addresses of seeds that begin with a value of a settings file: `{NAME}/path`, where NAME is a line `NAME=VALUE` of it.
// So a definition need not know the servers of the project whose SDK it describes.

import type { Source } from '../files/read.js'
import { definitionError, type FindPlace } from './read/problems.js'
import { readAssignments } from './version-file.js'

const SETTING = /^\{([A-Z][A-Z0-9_]*)\}/

/** Whether `template` begins with a setting. */
export const needsSettings = (template: string): boolean => SETTING.test(template)

/** `template` with `value` in the place of its setting. */
export const withSetting = (template: string, value: string): string =>
  template.replace(SETTING, () => value.replace(/\/+$/, ''))

/**
 * The addresses `urls` of seeds, with their settings filled in.
 *
 * @param find where the definition names them
 * @param settings the settings file; undefined when it is not there, then the addresses that need it are left out
 * @throws SdkError SDK_DEFINITION when it lacks a setting, or one is no beginning of an address
 */
export function seedUrls(urls: readonly string[], find: FindPlace, settings: Source | undefined): string[] {
  if (settings === undefined) return urls.filter((url) => !needsSettings(url))
  const values = readAssignments(settings.text)
  return urls.map((url, index) => {
    const name = SETTING.exec(url)?.[1]
    if (name === undefined) return url
    const { value = '' } = values.get(name) ?? {}
    if (/^(?:https?:\/\/[^\s{}/?#]+|file:\/\/)(?:\/[^\s{}?#]*)?$/.test(value)) return withSetting(url, value)
    const found = value === '' ? 'no such line' : JSON.stringify(value)
    const message = `seed.urls: expected ${name} to be an http, https or file address in ${settings.file}, found ${found}`
    throw definitionError([{ ...find(['seed', 'urls', index]), message }])
  })
}
