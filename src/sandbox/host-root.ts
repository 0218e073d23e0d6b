// A small root that runs the host's own programs: links and empty directories, with the host's directories bound in.

import fs from 'node:fs'
import path from 'node:path'
import type { Mount } from './spec.js'

/** Where the programs of a host and their libraries lie. */
const FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr']

/**
 * Makes `directory` a layer for a sandbox in which the host's programs run, for probing and for tests: nothing of the
 * host's state is visible in it (no /etc, no /home, no /var).
 *
 * @param directory is made; its parent exists
 * @returns the layer, and the read-only mounts which it needs
 */
export function hostToolsRoot(directory: string): { layer: string; mounts: Mount[] } {
  const mounts: Mount[] = []
  fs.mkdirSync(directory)
  for (const folder of FOLDERS.filter((name) => fs.existsSync(`/${name}`))) {
    const place = path.join(directory, folder)
    if (fs.lstatSync(`/${folder}`).isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(`/${folder}`), place)
    } else {
      fs.mkdirSync(place)
      mounts.push({ kind: 'bind', source: `/${folder}`, target: `/${folder}`, readOnly: true })
    }
  }
  return { layer: directory, mounts }
}
