// Binary packages of stages in the store: a layer each, so that only what is new travels, under the key that a stage keeps its own by.
// Which of them serve, the stage decides (stage/packages/shared-packages.ts).

import { createHash } from 'node:crypto'
import { link, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { PACKAGE_SUFFIXES } from '../../archive/binary-package.js'
import { SdkError } from '../../errors.js'
import { formatBytes, formatCount } from '../../events/measures.js'
import type { PackageExchange, SharedFile, SharedSet } from '../../stage/packages/exchange.js'
import { sha256File } from '../../store/digest/digest.js'
import { LEAST, requireSpace } from '../../store/disk/space.js'
import { type Believed, lookUp, lookUpWhole, pullFiles } from '../artefact.js'
import type { Careful } from '../careful.js'
import { blobIn } from '../client.js'
import { type ArtefactFile, artefactFile } from '../layout.js'
import { bytesOf } from '../list.js'
import { placeFiles } from '../place.js'
import { replaceArtefact } from '../push.js'
import { tagOf } from './kinds.js'

/** The binary packages of a store, in a run. */
export class SharedPackages implements PackageExchange {
  readonly #careful: Careful
  readonly writes: boolean

  constructor(careful: Careful, writes: boolean) {
    this.#careful = careful
    this.writes = writes
  }

  async take(key: string, folder: string, here: readonly SharedFile[]): Promise<string | undefined> {
    return await this.#careful.attempt('the packages are built here', async () => {
      const found = await lookUp(this.#careful.store, tagOf('packages', key))
      if (found === undefined || !hasMore(found, here)) return undefined
      const begin = performance.now()
      const bytes = await this.#pull(found, folder, here)
      return `from ${this.#careful.name}: ${this.#careful.transferred({ bytes, begin }, found.signedBy)}`
    })
  }

  async give(key: string, { sources, files, about }: SharedSet, root: string): Promise<void> {
    const tag = tagOf('packages', key)
    const of = createHash('sha256').update(sources).digest('hex')
    await this.#careful.attempt('the packages are not put there', async () => {
      // The first wins: what was built of the same sources serves as well, and later stages were built upon it.
      const there = await lookUpWhole(this.#careful.store, tag)
      if (there?.statement.about.sources === of && this.#careful.isWhole(there)) return
      const listed: ArtefactFile[] = []
      for (const { name, path: from } of files) listed.push(await artefactFile(name, from))
      const said = { kind: 'packages', ...about, sources: of, time: new Date().toISOString() }
      await replaceArtefact(this.#careful.store, { tag, about: said, files: listed }, root)
      const known = new Set(there?.statement.files.map(({ sha256 }) => sha256))
      const fresh = listed.filter(({ sha256 }) => !known.has(sha256))
      const size = formatBytes(fresh.reduce((sum, { bytes }) => sum + bytes, 0))
      const what = `${about.stage}: ${formatCount(listed.length, 'file')} of binary packages`
      this.#careful.say(`${what} put into ${this.#careful.name}, ${fresh.length} of them new (${size})`)
    })
  }

  /** @returns how many bytes travelled */
  async #pull(found: Believed, folder: string, here: readonly SharedFile[]): Promise<number> {
    const { files } = found.statement
    if (new Set(files.map(({ sha256 }) => sha256)).size !== files.length)
      throw new SdkError('SDK_CHAIN', `the store ${this.#careful.name}: ${found.tag} has a file twice`)
    await requireSpace(path.dirname(folder), bytesOf(found) + LEAST.bytes, LEAST.inodes)
    const layout = `${folder}.layout`
    const known = await layHere(layout, found, here)
    const pulled = await pullFiles(this.#careful.store, found, layout)
    await placeFiles(pulled.map(({ name, path: from }) => ({ from, to: path.join(folder, name) })))
    return bytesOf(found) - known
  }
}

/** Whether it has packages of names that are not here. */
function hasMore({ statement }: Believed, here: readonly SharedFile[]): boolean {
  const known = new Set(here.map(({ name }) => name))
  return statement.files.some(
    ({ name }) => PACKAGE_SUFFIXES.some((suffix) => name.endsWith(suffix)) && !known.has(name),
  )
}

/**
 * Lays files of here where the client finds them, and does not fetch them: in an image layout a blob is a file.
 *
 * @returns their bytes
 */
async function layHere(layout: string, found: Believed, here: readonly SharedFile[]): Promise<number> {
  const wanted = new Map(found.statement.files.map((file) => [file.name, file]))
  let known = 0
  for (const { name, path: file } of here) {
    const want = wanted.get(name)
    if (want?.bytes !== (await stat(file)).size || want.sha256 !== (await sha256File(file))) continue
    const blob = blobIn(layout, `sha256:${want.sha256}`)
    await mkdir(path.dirname(blob), { recursive: true })
    // On another disk, where the folder of packages is a link, it is cheaper to fetch than to be wrong about it.
    const isLaid = await link(file, blob).then(
      () => true,
      () => false,
    )
    if (isLaid) known += want.bytes
  }
  return known
}
