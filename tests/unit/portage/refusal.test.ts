// Why Portage refuses, read from its output: texts of Portage 3.0.83. Real trees: tests/integration/portage-refuses.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRefusal } from '../../../src/portage/refusal.js'

const BEGIN = `>>> stage3: merge @system
!!! CONFIG_PROTECT is empty

These are the packages that would be merged, in order:

Calculating dependencies ... done!
Dependency resolution took 0.42 s (backtrack: 1/10).

`

const MANUAL = `For more information, see the MASKED PACKAGES section in the emerge
man page or refer to the Gentoo Handbook.

`

const REQUIRED = '(dependency required by "app-misc/a" [argument])'

const TABLE: Readonly<Record<string, [said: string, words: string[]]>> = {
  'a mask, with its reason': [
    `${BEGIN}
!!! All ebuilds that could satisfy "app-misc/b" have been masked.
!!! One of the following masked packages is required to complete your request:
- app-misc/b-1::host (masked by: package.mask)
/repo/profiles/package.mask:
# It is broken.


${REQUIRED}
${MANUAL}`,
    [
      'All ebuilds that could satisfy "app-misc/b" have been masked.',
      'One of the following masked packages is required to complete your request:',
      '- app-misc/b-1::host (masked by: package.mask)',
      '/repo/profiles/package.mask:',
      '# It is broken.',
      REQUIRED,
    ],
  ],
  'a flag of a dependency': [
    `${BEGIN}
emerge: there are no ebuilds built with USE flags to satisfy "app-misc/b[foo]".
!!! One of the following packages is required to complete your request:
- app-misc/b-1::host (Missing IUSE: foo)
${REQUIRED}
`,
    [
      'there are no ebuilds built with USE flags to satisfy "app-misc/b[foo]".',
      'One of the following packages is required to complete your request:',
      '- app-misc/b-1::host (Missing IUSE: foo)',
      REQUIRED,
    ],
  ],
  'an ebuild that bash cannot read, behind the progress of the calculation': [
    `>>> stage3: merge @system
These are the packages that would be merged, in order:

Calculating dependencies .../repo/a-1.ebuild: line 9: syntax error: unexpected end of file

Messages for package app-misc/a-1::host:
 * ERROR: app-misc/a-1::host failed (depend phase):
 *   error sourcing ebuild
 * 
 * Call stack:
 *   ebuild.sh, line 693:  Called die
 * The specific snippet of code:
 *   			source "\${EBUILD}" || die "error sourcing ebuild"
 * 
 * If you need support, post the output of \`emerge --info\`,
 * Working directory: '/usr/lib/python3/dist-packages'
 * S: '/var/tmp/portage/app-misc/a-1/work'
!!! Sandbox violation during 'depend' phase: 'app-misc/a-1'
!!! Aborting. Please report this as a bug to the 'host' repository.
 done!
Dependency resolution took 0.45 s.

`,
    [
      '/repo/a-1.ebuild: line 9: syntax error: unexpected end of file',
      'app-misc/a-1::host failed (depend phase):',
      'error sourcing ebuild',
    ],
  ],
  'an ebuild with another digest, behind the progress of the calculation': [
    `${BEGIN.replace(' done!', ' * Digest verification failed:')} * /repo/app-misc/a/a-1.ebuild
 * Reason: Filesize does not match recorded size
 * Got: 111
 * Expected: 3
 done!

!!! All ebuilds that could satisfy "app-misc/a" have been masked.
`,
    [
      'Digest verification failed:',
      '/repo/app-misc/a/a-1.ebuild',
      'Reason: Filesize does not match recorded size',
      'Got: 111',
      'Expected: 3',
      'All ebuilds that could satisfy "app-misc/a" have been masked.',
    ],
  ],
  'a set that is not there, without all that are': [
    ">>> stage4: merge @none\nemerge: There are no sets to satisfy 'none'. The following sets exist:\n\n    world\n    x11\n\n",
    ["There are no sets to satisfy 'none'."],
  ],
  'no atom': [
    ">>> stage4: merge a[\n!!! 'app-misc/a[' is not a valid package atom.\n!!! Please check ebuild(5) for full details.\n",
    ["'app-misc/a[' is not a valid package atom.", 'Please check ebuild(5) for full details.'],
  ],
  'an ambiguous name': [
    `${BEGIN}  
[ Results for search key : a ]
*  app-arch/a
      Latest version available: 1
      License:       GPL-2

*  app-misc/a
      Latest version available: 1

[ Applications found : 2 ]

!!! The short ebuild name "a" is ambiguous. Please specify
!!! one of the above fully-qualified ebuild names instead.
`,
    [
      'app-arch/a',
      'app-misc/a',
      'The short ebuild name "a" is ambiguous. Please specify',
      'one of the above fully-qualified ebuild names instead.',
    ],
  ],
  'an option that this Portage does not know': [
    '>>> stage1: x\nusage: emerge [--config] [--status]\n              [--depclean]\nemerge: error: unrecognized arguments: --none\n',
    ['unrecognized arguments: --none'],
  ],
  'the second merge of a pass: nothing of the first': [
    `>>> stage3: merge one
!!! a warning of the first
>>> Emerging (1 of 1) app-misc/one-1::host
>>> Completed (1 of 1) app-misc/one-1::host
>>> stage3: merge two
!!! another warning

These are the packages that would be merged, in order:

[ebuild  N     ] app-misc/two-1::host  0 KiB

Total: 1 package (1 new), Size of downloads: 0 KiB

emerge: there are no ebuilds to satisfy "app-misc/none".
`,
    ['there are no ebuilds to satisfy "app-misc/none".'],
  ],
}

for (const [name, [said, words]] of Object.entries(TABLE))
  test(name, () => assert.deepEqual(readRefusal(said), { lines: words, isPortage: true }))

test('what is not Portage: its last lines, printable', () => {
  const said = `>>> stage4: run\n${[1, 2, 3, 4, 5, 6].map((n) => `line ${n}\n`).join('')}10%\r\x1b[1mcp: no such file\n`
  assert.deepEqual(readRefusal(said), {
    lines: ['line 3', 'line 4', 'line 5', 'line 6', 'cp: no such file'],
    isPortage: false,
  })
  assert.deepEqual(readRefusal(''), { lines: [], isPortage: false })
})

test('a tree that is broken in a hundred places: the first, and how many more', () => {
  const many = Array.from({ length: 100 }, (_, n) => `!!! app-misc/p${n} is bad\n`).join('')
  const { lines } = readRefusal(`${BEGIN}${many}`)
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [41, 'app-misc/p0 is bad', '(60 more lines)'])
})

test("an error of Python's that Portage did not expect is its word: the file, or what broke", () => {
  const stack = 'Traceback (most recent call last):\n  File "/usr/lib/portage.py", line 3, in a\n    b()\n'
  const said = (text: string) => readRefusal(`>>> stage2: merge the toolchain\n${text}`)
  assert.deepEqual(
    said(
      `${stack}"/repo/profiles/sdk/make.defaults", line 2: No closing quotation\n${stack}ValueError: No closing quotation\n`,
    ),
    {
      lines: [
        '"/repo/profiles/sdk/make.defaults", line 2: No closing quotation',
        'ValueError: No closing quotation',
      ],
      isPortage: true,
    },
  )
  assert.equal(said(`${stack}RecursionError: maximum recursion depth exceeded\n`).isPortage, true)
})
