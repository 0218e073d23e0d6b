// What is in the store: each artefact that is believed, and each that is not, with the reason.

import { SdkError } from '../errors.js'
import { type Believed, lookUp, type Store } from './artefact.js'
import { listTags } from './client.js'
import { subjectOf } from './push.js'

/** What is under a tag. */
export type Listed =
  | { readonly tag: string; readonly believed: Believed; readonly refused?: undefined }
  | { readonly tag: string; readonly believed?: undefined; readonly refused: string }

/** How many are asked for at once. */
const AT_ONCE = 8

/**
 * The artefacts of the store, by tag; not the tags of single writers (push.ts).
 *
 * @throws SdkError SDK_HOST when the registry does not say
 */
export async function listArtefacts(store: Store): Promise<Listed[]> {
  const tags = (await listTags(store.registry)).filter((tag) => /^[a-z]+-[0-9a-f]+$/.test(tag)).sort()
  return await lookAt(store, tags)
}

/**
 * What single writers have left that nobody finds: they were killed before the last tag, or came second.
 *
 * @param found the artefacts that are found, and believed
 * @throws SdkError SDK_HOST when the registry does not say
 */
export async function listLeft(store: Store, found: readonly Believed[]): Promise<Believed[]> {
  const subjects = new Map(found.map((each) => [each.tag, subjectOf(each)]))
  const isLeft = (tag: string): boolean => {
    const [, published = '', own] = /^([a-z]+-[0-9a-f]+)\.([0-9a-f]+)$/.exec(tag) ?? []
    return own !== undefined && subjects.get(published)?.startsWith(own) !== true
  }
  const listed = await lookAt(store, (await listTags(store.registry)).filter(isLeft).sort())
  return listed.flatMap(({ believed }) => (believed === undefined ? [] : [believed]))
}

async function lookAt(store: Store, tags: readonly string[]): Promise<Listed[]> {
  const listed: Listed[] = []
  for (let at = 0; at < tags.length; at += AT_ONCE) {
    const some = await Promise.all(tags.slice(at, at + AT_ONCE).map((tag) => look(store, tag)))
    listed.push(...some.flatMap((each) => (each === undefined ? [] : [each])))
  }
  return listed
}

async function look(store: Store, tag: string): Promise<Listed | undefined> {
  try {
    const believed = await lookUp(store, tag)
    // Somebody has removed it meanwhile.
    return believed === undefined ? undefined : { tag, believed }
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'SDK_CHAIN') throw error
    return { tag, refused: error.message }
  }
}

/** Bytes of all files of an artefact. */
export const bytesOf = ({ statement }: Pick<Believed, 'statement'>): number =>
  statement.files.reduce((sum, { bytes }) => sum + bytes, 0)
