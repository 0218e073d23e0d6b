// One artefact of the store as plain files in a folder: for who wants to look at it, or hands it on.

import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { type Believed, lookUp, pullFiles, type Store } from './artefact.js'
import { listTags } from './client.js'
import { KINDS } from './kinds/kinds.js'
import { placeFiles } from './place.js'

/**
 * Fetches the artefact whose key begins with `key` into `folder`, which is made; files of the same names are replaced. Each is checked
 * before it gets its name there, the record last.
 *
 * @throws SdkError SDK_USAGE when there is none, or more than one; SDK_CHAIN when it is not believed; SDK_HOST
 */
export async function fetchArtefact(
  store: Store,
  key: string,
  folder: string,
): Promise<{ found: Believed; files: string[] }> {
  const found = await lookUp(store, await tagOf(store, key))
  if (found === undefined) throw none(store, key)
  const aside = path.join(folder, `.pull-${process.pid}`)
  await mkdir(folder, { recursive: true })
  try {
    const files = await pullFiles(store, found, aside)
    const recordsLast = files.toSorted((a, b) => Number(isRecord(a.name)) - Number(isRecord(b.name)))
    const placed = recordsLast.map(({ name, path: from }) => ({ from, to: path.join(folder, name) }))
    await placeFiles(placed)
    return { found, files: placed.map(({ to }) => to) }
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

const isRecord = (name: string): boolean => name.endsWith('.record.json')

async function tagOf(store: Store, key: string): Promise<string> {
  const isAsked = (tag: string): boolean => KINDS.some((kind) => tag.startsWith(`${kind}-${key}`))
  const tags = (await listTags(store.registry)).filter((tag) => isAsked(tag) && !tag.includes('.'))
  const [tag, ...more] = tags
  if (tag === undefined) throw none(store, key)
  if (more.length > 0)
    throw new SdkError(
      'SDK_USAGE',
      `store pull: ${tags.length} artefacts have a key that begins with ${key}: ${tags.join(', ')}`,
      { hint: 'give more of it' },
    )
  return tag
}

const none = ({ registry }: Store, key: string): SdkError =>
  new SdkError('SDK_USAGE', `store pull: ${registry.reference.text} has nothing whose key begins with ${key}`)
