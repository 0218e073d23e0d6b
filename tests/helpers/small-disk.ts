// A disk that gets full when a test says so: a tmpfs in a mount namespace of its own, which lasts as long as the test.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** What runs out. */
export type Lack = 'space' | 'inodes'

/** See {@link makeSmallDisk}. */
export interface SmallDisk {
  /** Words before a command that shall see the disk. */
  readonly enter: readonly string[]
  /** A path of the disk as this process reaches it. */
  see(file: string): string
  /** From now on nothing more fits. */
  exhaust(lack: Lack): void
  /** There is room again. */
  relieve(): void
  /** Remounts it with these options: `ro`, for instance. */
  remount(options: string): void
  /** Ends the namespace: whoever still runs in it keeps the disk. */
  close(): Promise<void>
}

/** Mounts a disk at `folder`, which is there and which nobody else sees it at. */
export async function makeSmallDisk(folder: string): Promise<SmallDisk> {
  const script = 'mount -t tmpfs -o mode=755 small "$0" && echo ready && exec sleep infinity'
  const holder = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'setpriv', '--pdeathsig', 'KILL', 'bash', '-c', script, folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(holder.stdout, 'data')
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--']
  const within = (...argv: string[]): string => {
    const [program, ...words] = [...enter, ...argv] as [string, ...string[]]
    return execFileSync(program, words, { encoding: 'utf8' })
  }
  const remount = (options: string): void => void within('mount', '-o', `remount,${options}`, folder)
  const used = (what: string): number =>
    Number(within('df', '--block-size=1', `--output=${what}`, folder).split('\n')[1])
  const exhaust = (lack: Lack): void => {
    // What is written meanwhile makes the new limit too small, and then the kernel refuses it.
    for (let tries = 0; ; tries++)
      try {
        remount(lack === 'space' ? `size=${used('used')}` : `nr_inodes=${used('iused')}`)
        return
      } catch (error) {
        if (tries > 50) throw error
      }
  }
  return {
    enter,
    see: (file) => path.join(`/proc/${holder.pid}/root`, file),
    exhaust,
    relieve: () => remount('size=12g,nr_inodes=2m'),
    remount,
    async close() {
      holder.kill('SIGKILL')
      await once(holder, 'close')
    },
  }
}
