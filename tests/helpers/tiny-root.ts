// A root that is small and its own: a few of the host's programs, copied with their libraries.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** Copies `programs`, and what ldd says that they need, below `root`, at the host's paths; bash also as /bin/bash. */
export function tinyRoot(root: string, programs: readonly string[]): void {
  for (const folder of ['bin', 'proc', 'sys', 'dev', 'run', 'tmp', 'etc'])
    mkdirSync(path.join(root, folder), { recursive: true })
  for (const name of ['bash', ...programs]) {
    const file = ['/usr/bin', '/bin', '/usr/sbin'].map((folder) => `${folder}/${name}`).find(existsSync)
    if (file === undefined) throw new Error(`this host has no ${name}`)
    copy(file, path.join(root, 'bin', name))
    const { stdout } = spawnSync('ldd', [file], { encoding: 'utf8' })
    for (const [library] of stdout.matchAll(/\/\S+(?= \(0x)/g)) copy(library, path.join(root, library))
  }
}

function copy(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true })
  copyFileSync(realpathSync(from), to)
}
