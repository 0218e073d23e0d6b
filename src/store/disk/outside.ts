// Folders outside any catalyst root, for what has none: whoever makes one removes it, and those of killed processes.

import { mkdtemp, readdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hostError } from '../../errors.js'
import { isGone, ownerToken } from '../../process/owner.js'
import { removeTree } from './remove.js'

const NAME = /^bootstrap_sdk-[a-z]+-(\d+-\d+-\d+)-[A-Za-z0-9]{6}$/

/**
 * Calls `act` with an empty folder (TMPDIR) that nobody else can read, and removes it afterwards.
 *
 * @param purpose small letters: a part of its name
 * @throws SdkError SDK_HOST when there can be none; whatever `act` throws
 */
export async function inTemporaryFolder<T>(purpose: string, act: (folder: string) => Promise<T>): Promise<T> {
  const { parent, folder } = await make(purpose)
  try {
    return await act(folder)
  } finally {
    await removeTree(folder, parent)
  }
}

async function make(purpose: string): Promise<{ parent: string; folder: string }> {
  try {
    const parent = await realpath(tmpdir())
    await removeLeft(parent)
    return { parent, folder: await mkdtemp(path.join(parent, `bootstrap_sdk-${purpose}-${ownerToken()}-`)) }
  } catch (error) {
    throw hostError(error, tmpdir(), {
      message: `no temporary folder can be made in ${tmpdir()}`,
      hint: 'set TMPDIR to a folder that can be written to',
    })
  }
}

/** Removes what killed processes left, unless it is somebody else's: a folder of that name may be anybody's. */
async function removeLeft(parent: string): Promise<void> {
  const left = (await readdir(parent)).filter((name) => isGone(NAME.exec(name)?.[1] ?? ''))
  // Two at once may meet at one, and one that cannot be removed is in nobody's way.
  for (const name of left) await removeTree(path.join(parent, name), parent).catch(() => undefined)
}
