// Where people run the program: a chroot into a plain directory, whose `/` is no mount point.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture } from '../../src/process/run.js'
import { place, privileged } from './sandbox-helpers.js'

const PROJECT = path.resolve(import.meta.dirname, '../../..')

// As on a host with systemd: mounts are shared, so one made in a copy of them would appear in all.
const MAKE_CHROOT = `set -e
  chroot=$1 project=$2
  mkdir "$chroot"; cd "$chroot"
  mkdir -p usr etc proc dev tmp root var/lib/apt/lists project
  for link in bin sbin lib lib64; do if [ -L /$link ]; then cp -P /$link .; else mkdir $link; mount --rbind /$link $link; fi; done
  mount --make-rshared /
  mount --bind /usr usr; mount --bind /etc etc; mount --rbind /dev dev; mount -t proc proc proc
  mount --bind "$project" project
  cat /proc/self/mountinfo >tmp/before
  shift 2
  chroot . env "$@" || status=$?
  cat /proc/self/mountinfo >tmp/after
  exit "\${status:-0}"`

test(
  'in a chroot whose / is no mount point sandboxes work, and leave no mount around it',
  privileged,
  async (t) => {
    const { root } = place(t)
    const chroot = path.join(root, 'chroot')
    const run = (...argv: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> =>
      capture({
        argv: ['unshare', '--mount', 'bash', '-c', MAKE_CHROOT, 'bash', chroot, PROJECT, ...argv],
        env: toolEnvironment(),
      })
    const doctor = `cd /project && exec ${process.execPath} dist/src/cli/main.js doctor --catalyst_root /root/new`
    const { stdout, stderr } = await run('bash', '-c', `! grep " / / " /proc/self/mountinfo; ${doctor}`)
    assert.equal(stderr, '')
    for (const what of ['namespaces', 'overlayfs', 'free space'])
      assert.match(stdout, new RegExp(`^ok +${what} `, 'm'), stdout)
    // What other tests mount meanwhile is theirs.
    const mounts = (when: string): string[] =>
      fs
        .readFileSync(path.join(chroot, 'tmp', when), 'utf8')
        .split('\n')
        .filter((line) => line.includes(root) || !line.includes(` ${os.tmpdir()}/`))
    assert.deepEqual(mounts('after'), mounts('before'))
  },
)
