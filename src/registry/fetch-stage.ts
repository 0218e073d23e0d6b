// One artefact of the store as plain files in a folder: for who wants to look at it, or hands it on.

import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { syncPath } from '../store/disk/atomic.js'
import { type Believed, lookUp, pullFiles, type Store } from './artefact.js'
import { listTags } from './client.js'
import { stageTag } from './stage.js'

/**
 * Fetches the stage whose key begins with `key` into `folder`, which is made; files of the same names are replaced. Each is checked
 * before it gets its name there, the record last.
 *
 * @throws SdkError SDK_USAGE when there is none, or more than one; SDK_CHAIN when it is not believed; SDK_HOST
 */
export async function fetchStage(
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
    const named: string[] = []
    for (const { name, path: from } of recordsLast) {
      const to = path.join(folder, name)
      await mkdir(path.dirname(to), { recursive: true })
      await syncPath(from)
      await rename(from, to)
      named.push(to)
    }
    await syncPath(folder)
    return { found, files: named }
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

const isRecord = (name: string): boolean => name.endsWith('.record.json')

async function tagOf(store: Store, key: string): Promise<string> {
  if (key.length === 64) return stageTag(key)
  const tags = (await listTags(store.registry)).filter(
    (tag) => tag.startsWith(stageTag(key)) && !tag.includes('.'),
  )
  const [tag, ...more] = tags
  if (tag === undefined) throw none(store, key)
  if (more.length > 0)
    throw new SdkError('SDK_USAGE', `store pull: ${tags.length} stages have a key that begins with ${key}`, {
      hint: 'give more of it',
    })
  return tag
}

const none = ({ registry }: Store, key: string): SdkError =>
  new SdkError(
    'SDK_USAGE',
    `store pull: ${registry.reference.text} has no stage whose key begins with ${key}`,
  )
