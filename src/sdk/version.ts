// The version stamp of a build: its grammar, and how a new one is made.

import { SdkError } from '../errors.js'
import type { VersionSource } from './definition.js'

/** A version: `ID` (official) or `ID+BUILD_ID`. `text` is the stamp in every name and in os-release. */
export interface Version {
  readonly text: string
  readonly id: string
  readonly buildId?: string
}

/** The grammar in words, for messages. */
const VERSION_GRAMMAR =
  'VERSION is ID or ID+BUILD_ID: ID is numbers joined by dots, BUILD_ID begins with a letter or digit and goes on with ' +
  'letters, digits, ".", "_" and "-"; at most 100 characters, as in 2783.0.0+2021-02-26-1321'

/** Longest stamp: it goes into file names beside prefixes and suffixes, which must stay below 255 bytes together. */
const MAX_LENGTH = 100
const VERSION = /^(?<id>\d+(?:\.\d+)*)(?:\+(?<buildId>[A-Za-z0-9][A-Za-z0-9._-]*))?$/
/** What Flatcar's container helper takes (`alpha-3244.0.1-nightly2`); recognised only to say how to write it here. */
const CHANNEL_FORM = /^(?:[a-z]+-)?(?<id>\d+(?:\.\d+)*)(?:[-+](?<buildId>[A-Za-z0-9][A-Za-z0-9._-]*))?$/

/** True for the ID part of a version: `2783.0.0`. */
export const isVersionId = (text: string): boolean =>
  text.length <= MAX_LENGTH && /^\d+(?:\.\d+)*$/.test(text)

/**
 * Reads a version stamp.
 *
 * @throws SdkError SDK_USAGE with the grammar
 */
export function parseVersion(text: string): Version {
  const groups = text.length <= MAX_LENGTH ? VERSION.exec(text)?.groups : undefined
  if (groups === undefined) {
    throw new SdkError('SDK_USAGE', `${JSON.stringify(text.slice(0, 200))} is not a version`, {
      hint: hintFor(text),
    })
  }
  return makeVersion(groups.id ?? '', groups.buildId)
}

function makeVersion(id: string, buildId: string | undefined): Version {
  return buildId === undefined ? { text: id, id } : { text: `${id}+${buildId}`, id, buildId }
}

function hintFor(text: string): string {
  const groups = text.length <= MAX_LENGTH ? CHANNEL_FORM.exec(text)?.groups : undefined
  if (groups === undefined) return VERSION_GRAMMAR
  const meant = makeVersion(groups.id ?? '', groups.buildId)
  return `write ${meant.text}; ${VERSION_GRAMMAR}`
}

/**
 * The version of a build that starts `now`: as the caller wishes, else with the build id of the definition, else with `now`
 * as `YYYY-MM-DD-HHMM` in local time.
 *
 * @throws SdkError SDK_USAGE when the build id is none
 */
export function newVersion(source: VersionSource, wishes: VersionWishes, now: Date): Version {
  if (wishes.isOfficial) return parseVersion(source.id)
  return parseVersion(`${source.id}+${wishes.buildId || source.buildId || localMinute(now)}`)
}

/** What the caller says of the version of a new build. */
export interface VersionWishes {
  /** It is the bare ID. */
  readonly isOfficial: boolean
  readonly buildId: string | undefined
}

function localMinute(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${String(now.getFullYear()).padStart(4, '0')}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}`
}
