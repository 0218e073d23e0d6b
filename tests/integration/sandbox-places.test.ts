// Where people run the program: a chroot into a plain directory, whose `/` is no mount point, or into one, as schroot and the
// Gentoo handbook make it.

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
  kind=$1 chroot=$2 project=$3
  mkdir "$chroot"
  if [ "$kind" = mounted ]; then mount --bind "$chroot" "$chroot"; fi
  cd "$chroot"
  mkdir -p usr etc proc dev tmp root var/lib/apt/lists project
  for link in bin sbin lib lib64; do if [ -L /$link ]; then cp -P /$link .; else mkdir $link; mount --rbind /$link $link; fi; done
  mount --make-rshared /
  mount --bind /usr usr; mount --bind /etc etc; mount --rbind /dev dev; mount -t proc proc proc
  mount --bind "$project" project
  cat /proc/self/mountinfo >tmp/before
  shift 3
  chroot . env "$@" || status=$?
  cat /proc/self/mountinfo >tmp/after
  exit "\${status:-0}"`

const CHROOTS = [
  { what: 'whose / is no mount point', kind: 'plain', namespaces: ['--mount'] },
  { what: 'whose / is a mount point', kind: 'mounted', namespaces: ['--mount'] },
  {
    what: 'whose / is a mount point, and whose process 1 is outside',
    kind: 'mounted',
    namespaces: ['--mount', '--pid', '--fork', '--kill-child'],
  },
] as const

for (const { what, kind, namespaces } of CHROOTS)
  test(`in a chroot ${what} sandboxes work, and leave no mount around it`, privileged, async (t) => {
    const { root } = place(t)
    const chroot = path.join(root, 'chroot')
    const isMount = kind === 'mounted' ? '' : '! '
    const doctor = `cd /project && exec ${process.execPath} lib/cli/main.js doctor --catalyst_root /root/new`
    const { stdout, stderr } = await capture({
      argv: [
        ...(['unshare', ...namespaces, 'bash', '-c', MAKE_CHROOT, 'bash', kind, chroot, PROJECT] as const),
        ...[
          'bash',
          '-c',
          `${isMount}grep -E "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / " /proc/self/mountinfo >&2; ${doctor}`,
        ],
      ],
      env: toolEnvironment(),
    })
    assert.doesNotMatch(stderr, kind === 'mounted' ? /^$/ : /./)
    for (const name of ['namespaces', 'overlayfs', 'free space'])
      assert.match(stdout, new RegExp(`^ok +${name} `, 'm'), stdout)
    // What other tests mount meanwhile is theirs.
    const mounts = (when: string): string[] =>
      fs
        .readFileSync(path.join(chroot, 'tmp', when), 'utf8')
        .split('\n')
        .filter((line) => line.includes(root) || !line.includes(` ${os.tmpdir()}/`))
    assert.deepEqual(mounts('after'), mounts('before'))
  })
