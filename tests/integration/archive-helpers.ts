// Real trees and real tar for the archive tests.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { type PackResult, packStream } from '../../src/archive/pack.js'
import { EXTENSIONS } from '../../src/archive/stream/compression.js'
import { type TarOptions, tarCommand } from '../../src/archive/tar/command.js'
import type { Compression } from '../../src/sdk/definition.js'
import { mountsBelow } from '../../src/store/disk/mounts.js'

/** Whether the test may go on; else it is skipped with a reason, and fails where nothing may be skipped. */
export function isRoot(t: TestContext): boolean {
  if (process.getuid?.() === 0) return true
  if (process.env.CI !== undefined) throw new Error('this test needs root, and CI may not skip it')
  t.skip('needs root: owners, device nodes and capabilities')
  return false
}

/** A directory of its own for a test, without mounts, removed after it. */
export async function workDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'archive-'))
  t.after(async () => {
    if ((await mountsBelow(directory)).length > 0)
      throw new Error(`${directory} still has mounts: it is not removed`)
    await rm(directory, { recursive: true, force: true })
  })
  return directory
}

/** A name that is no UTF-8. */
const ODD_NAME = Buffer.from([0x6f, 0x64, 0x64, 0xff, 0x0a, 0x1b])

/** Makes at `root` a tree with everything that tar programs tend to lose. Needs root. */
export function makeTree(root: string): void {
  const at = (...names: string[]): string => join(root, ...names)
  for (const directory of [
    '',
    'dev',
    'etc',
    'usr/bin',
    'var/empty',
    'var/named/dev',
    'tmp',
    `${'long-name/'.repeat(20)}`,
  ])
    mkdirSync(at(directory), { recursive: true })
  writeFileSync(at('usr/bin/ping'), 'ping')
  execFileSync('setcap', ['cap_net_raw=ep', at('usr/bin/ping')])
  writeFileSync(at('usr/bin/su'), 'su')
  chmodSync(at('usr/bin/su'), 0o4755)
  linkSync(at('usr/bin/su'), at('usr/bin/zsu'))
  writeFileSync(at('etc/passwd'), 'root:x:0:0::/root:/bin/bash\n')
  writeFileSync(at('etc/empty'), '')
  chownSync(at('etc/passwd'), 250, 251)
  symlinkSync('/proc/self/mounts', at('etc/mtab'))
  symlinkSync('../usr/bin/su', at('etc/up'))
  lutimesSync(at('etc/mtab'), 1_500_000_000, 1_500_000_000.25)
  writeFileSync(at('etc/sparse'), 'start')
  truncateSync(at('etc/sparse'), 2 ** 20)
  writeFileSync(at('etc/sparse'), 'end', { flag: 'a' })
  writeFileSync(at('etc', 'n'.repeat(255)), 'long')
  writeFileSync(at('etc', '-leading\\dash\t*'), 'odd')
  writeFileSync(Buffer.concat([Buffer.from(at('etc/')), ODD_NAME]), 'odd')
  execFileSync('mknod', ['-m', '666', at('dev/null'), 'c', '1', '3'])
  execFileSync('mknod', ['-m', '644', at('var/named/dev/random'), 'c', '1', '8'])
  execFileSync('mkfifo', ['-m', '622', at('var/queue')])
  chmodSync(at('tmp'), 0o1777)
  chmodSync(at('var/empty'), 0o500)
  utimesSync(at('etc/passwd'), 1_600_000_000.5, 1_600_000_000.125)
  utimesSync(at('etc'), 1_600_000_001, 1_600_000_001)
}

/** A running tar, as packStream takes it. */
function startTar(root: string, options: TarOptions): { tar: Readable; tarDone: Promise<void> } {
  const [program, ...args] = tarCommand(root, options)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const tarDone = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`tar exited with ${code}`)
  })
  return { tar: child.stdout, tarDone }
}

/** Packs `root` to `BASE.tar.X`. */
export function packTree(
  root: string,
  base: string,
  options: { format?: Compression } & Partial<TarOptions> = {},
): Promise<PackResult> {
  const { format = 'zstd', mtime = 2_000_000_000, excludes = [] } = options
  return packStream({
    ...startTar(root, { mtime, excludes }),
    target: `${base}${EXTENSIONS[format]}`,
    format,
  })
}

/** What GNU tar lists of `file` (any compression), in the form that .CONTENTS.gz has. */
export function listing(file: string): string {
  return execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-tvf', file], {
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}
