// Binary packages as Portage lays them out, made without Portage.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A binary package of the newer format at `file`, with digests of the `algorithms`; its parts are not compressed. */
export function makePackage(file: string, content: string, algorithms = ['SHA512', 'BLAKE2B']): void {
  const name = path.basename(file).replace(/\.gpkg\.tar$/, '')
  const folder = `${file}.parts`
  mkdirSync(path.join(folder, name), { recursive: true })
  const digest = (part: string, algorithm: string): string =>
    createHash(algorithm === 'BLAKE2B' ? 'blake2b512' : algorithm.toLowerCase())
      .update(part)
      .digest('hex')
  const parts = { 'gpkg-1': '', 'metadata.tar.zst': `about: ${content.length}`, 'image.tar.zst': content }
  for (const [part, text] of Object.entries(parts)) writeFileSync(path.join(folder, name, part), text)
  const lines = Object.entries(parts).map(
    ([part, text]) =>
      `DATA ${part} ${text.length}${algorithms.map((each) => ` ${each} ${digest(text, each)}`).join('')}\n`,
  )
  writeFileSync(path.join(folder, name, 'Manifest'), lines.join(''))
  const members = [...Object.keys(parts), 'Manifest'].map((part) => `${name}/${part}`)
  execFileSync('tar', ['-C', folder, '--format=gnu', '-cf', file, ...members])
  rmSync(folder, { recursive: true })
}
