import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { MOST_FILES, MOST_PROCESSES } from '../../../../src/sandbox/limits/control-group.js'
import { findHierarchies } from '../../../../src/sandbox/limits/hierarchies.js'

const mount = (root: string, point: string, rest: string, flags = 'rw,nosuid'): string =>
  `36 25 0:31 ${root} ${point} ${flags} shared:9 - ${rest}\n`

const V2 = 'cgroup2 cgroup2 rw,nsdelegate'

test('where a group could be made, by the mounts and the place of this process', () => {
  const both = ['memory', 'pids']
  const cases: [string, string, string, unknown[]][] = [
    [
      'one tree for all',
      '0::/user.slice/a b.scope\n',
      mount('/', '/sys/fs/cgroup', V2),
      [
        {
          version: 2,
          top: '/sys/fs/cgroup',
          own: '/sys/fs/cgroup/user.slice/a b.scope',
          controllers: both,
          counts: true,
        },
      ],
    ],
    [
      'a container with a namespace of groups',
      '0::/\n',
      mount('/', '/sys/fs/cgroup', V2),
      [{ version: 2, top: '/sys/fs/cgroup', own: '/sys/fs/cgroup', controllers: both, counts: true }],
    ],
    [
      'a container that sees its part of the tree',
      '0::/docker/1/2\n',
      mount('/docker/1', '/sys/fs/cgroup', V2),
      [{ version: 2, top: '/sys/fs/cgroup', own: '/sys/fs/cgroup/2', controllers: both, counts: true }],
    ],
    ['one that may not write', '0::/\n', mount('/', '/sys/fs/cgroup', V2, 'ro,nosuid'), []],
    ['out of what is seen', '0::/../x\n', mount('/', '/sys/fs/cgroup', V2), []],
    ['another part than is seen', '0::/docker/11\n', mount('/docker/1', '/sys/fs/cgroup', V2), []],
    ['no groups at all', '', '', []],
    [
      'a tree for each, and one without any',
      '9:name=systemd:/\n8:pids:/\n4:memory,hugetlb:/jobs/7\n2:cpuacct:/\n0::/\n',
      mount('/', '/c/cpuacct', 'cgroup cgroup rw,cpuacct') +
        mount('/', '/c/memory', 'cgroup cgroup rw,memory,hugetlb') +
        mount('/', '/c/pids', 'cgroup cgroup rw,pids') +
        mount('/', '/c/unified', V2),
      [
        { version: 1, top: '/c/pids', own: '/c/pids', controllers: ['pids'], counts: false },
        { version: 1, top: '/c/memory', own: '/c/memory/jobs/7', controllers: ['memory'], counts: false },
        { version: 1, top: '/c/cpuacct', own: '/c/cpuacct', controllers: [], counts: true },
        { version: 2, top: '/c/unified', own: '/c/unified', controllers: both, counts: true },
      ],
    ],
  ]
  cases.push(
    [
      'a tree in which a group has a share of the processor',
      '2:cpu,cpuacct:/\n',
      mount('/', '/c/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
      [],
    ],
    [
      'trees of nothing that bounds or counts',
      '2:freezer:/\n1:name=systemd:/\n',
      mount('/', '/c/freezer', 'cgroup cgroup rw,freezer'),
      [],
    ],
  )
  for (const [what, groups, mounts, found] of cases)
    assert.deepEqual(findHierarchies(groups, mounts), found, what)
})

test('bounds are the same for control groups and for the launcher', () => {
  const text = (name: string): string =>
    fs.readFileSync(path.resolve(import.meta.dirname, '../../../../../src/sandbox', name), 'utf8')
  assert.match(text('assemble.sh'), new RegExp(`PROCESSES=${MOST_PROCESSES}\\b`))
  assert.match(text('enter.sh'), new RegExp(`MOST_FILES=${MOST_FILES}\\b`))
})
