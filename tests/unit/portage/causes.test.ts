// The lines of a log that say why a build failed, wherever they stand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCauses, withoutBoilerplate } from '../../../src/portage/causes.js'

/** What other jobs write. */
const others = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, index) => `gcc -Werror -c -o file${index}.o error${index}.c -DMSG="error: none"`,
  )

/** How Portage ends a log whose phase has died. */
const died = (message: string): string[] => [
  ' * ERROR: app-misc/x-1::main failed (compile phase):',
  ` *   ${message}`,
  ' * ',
  ' * Call stack:',
  ' *     ebuild.sh, line 136:  Called src_compile',
  ' * The specific snippet of code:',
  ' *       die "error: not this one"',
  ' * ',
  " * If you need support, post the output of `emerge --info '=app-misc/x-1::main'`,",
  " * The complete build log is located at '/var/log/portage/app-misc:x-1.log'.",
  " * S: '/var/tmp/portage/app-misc/x-1/work'",
]

/** A log: what is before, the lines that name the cause, 150 lines of other jobs, what make says, what Portage says. */
const CASES: [string, readonly string[], readonly string[]][] = [
  [
    'a compiler',
    ["x.c:3:5: error: expected ';' before 'return'"],
    ['make[1]: *** [Makefile:7: x.o] Error 1'],
  ],
  [
    'a missing header',
    ['x.c:1:10: fatal error: none.h: No such file or directory'],
    ['make: *** [Makefile:7: x.o] Error 1'],
  ],
  [
    'a linker',
    ["/usr/bin/ld: x.o: in function `main':", "x.c:(.text+0x5): undefined reference to `gone'"].slice(1),
    ['collect2: error: ld returned 1 exit status'],
  ],
  [
    'a library',
    ['/usr/bin/ld: cannot find -lgone: No such file or directory'],
    ['collect2: error: ld returned 1 exit status'],
  ],
  ['configure', ['configure: error: no acceptable C compiler found in $PATH'], []],
  ['CMake', ['CMake Error at CMakeLists.txt:3 (find_package):'], []],
  ['Meson', ['../meson.build:4:0: ERROR: Dependency "gone" not found, tried pkgconfig'], []],
  ['Python', ["ModuleNotFoundError: No module named 'gone'"], ['make: *** [Makefile:2: all] Error 1']],
  ['Rust', ['error[E0425]: cannot find value `x` in this scope'], []],
  ['make itself', ["make: *** No rule to make target 'gone.c', needed by 'x.o'.  Stop."], []],
  [
    'a patch',
    ['1 out of 1 hunk FAILED -- saving rejects to file x.c.rej'].map(() => 'Hunk #1 FAILED at 3.'),
    [],
  ],
  ['a test', ['FAIL: tests/one.sh'], ['make: *** [Makefile:9: check] Error 1']],
  [
    'a shell',
    ['/bin/sh: line 1: gone-program: command not found'],
    ['make: *** [Makefile:2: all] Error 127'],
  ],
  [
    'a killed compiler',
    ['gcc: fatal error: Killed signal terminated program cc1plus'].map((x) => `x${x}`),
    ['make: *** [Makefile:2: x.o] Error 1'],
  ],
]

CASES.push(
  ['tar', ['tar: This does not look like a tar archive'], ['tar: Error is not recoverable: exiting now']],
  ['gzip', ['gzip: stdin: unexpected end of file'], ['tar: Child returned status 1']],
  ['unzip', ['unzip:  cannot find or open x.zip, x.zip.zip or x.zip.ZIP.'], []],
  [
    'a script of the ebuild',
    ["cp: cannot stat '/gone': No such file or directory"],
    ['!!! FAILED preinst: 1'],
  ],
  ['a full disk', ["dd: error writing '/var/tmp/portage/a/b-1/work/x': No space left on device"], []],
  [
    'a program that bash had started',
    ["/var/tmp/portage/a/b-1/temp/environment: line 194:   156 Killed                  python3 -c 'x=[]"],
    [],
  ],
)

for (const [who, cause, consequence] of CASES)
  test(`${who}: the cause comes with its line, though 150 lines of other jobs follow`, () => {
    const before = [
      'checking for error_at_line... no',
      'make: [Makefile:3: old] Error 1 (ignored)',
      "tar: Removing leading `/' from member names",
      '/usr/lib/portage/bin/estrip: line 362: scanelf: command not found',
      ...others(20),
    ]
    const log = [...before, ...cause, ...others(150), ...consequence, ...others(3), ...died('emake failed')]
    assert.deepEqual(findCauses(log), [
      ...cause.map((text, index) => ({ line: before.length + index + 1, text })),
      ...consequence.map((text) => ({ line: before.length + cause.length + 150 + 1, text })),
    ])
    assert.deepEqual(withoutBoilerplate(log), log.slice(0, -11))
  })

test('what the ebuild says is told, what every failure says is not', () => {
  const said = (message: string): string[] =>
    findCauses([...others(2), ...died(message)]).map(({ text }) => text)
  assert.deepEqual(said('this package needs 4 GiB of memory'), ['this package needs 4 GiB of memory'])
  for (const message of ['emake failed', 'econf failed', '(no error message)', 'ninja -v -j2 failed'])
    assert.deepEqual(said(message), ['app-misc/x-1::main failed (compile phase)'], message)
  assert.deepEqual(
    findCauses(['x.c:1: error: this', ...died('emake failed')]).map(({ text }) => text),
    ['x.c:1: error: this'],
  )
})

/** How Portage ends a log whose package would overwrite a file, and one whose phase has ended without a word. */
const COLLISION = [
  ' * This package will overwrite one or more files that may belong to other',
  ' * packages (see list below). You can use a command such as `portageq',
  ' * ',
  ' * Detected file collision(s):',
  ' * ',
  ' * \t/usr/bin/bash',
  ' * ',
  ' * Searching all installed packages for file collisions...',
  ' * ',
  ' * Press Ctrl-C to Stop',
  ' * ',
  ' * sys-apps/host-1:0::main',
  ' * \t/usr/bin/bash',
  ' * ',
  " * Package 'a/b-1' NOT merged due to file collisions. If",
  ' * necessary, refer to your elog messages for the whole content of the',
  ' * above message.',
]
const UNEXPECTED = [
  " * The ebuild phase 'setup' has exited unexpectedly. This type of behavior",
  ' * is known to be triggered by things such as failed variable assignments',
  ' * a hardware problem such as memory or cpu malfunction. If the problem is',
]

test('what Portage says of every collision, and of every phase that ends without a word, is left out', () => {
  const own = [' * what the ebuild says itself', '>>> Installing (1 of 1) a/b-1::main']
  assert.deepEqual(withoutBoilerplate([...own, ...COLLISION]), own)
  assert.deepEqual(findCauses([...own, ...COLLISION]), [
    { line: 17, text: "Package 'a/b-1' NOT merged due to file collisions" },
  ])
  const bash = '/var/db/repos/main/profiles/profile.bashrc: line 1: syntax error in conditional expression'
  assert.deepEqual(withoutBoilerplate([bash, ...UNEXPECTED]), [bash])
})

test('an error is told once, and of hundreds the first', () => {
  const log = Array.from({ length: 300 }, (_, index) => [
    `a.c:${index}:1: error: no`,
    'b.c:1:1: error: twice',
  ]).flat()
  const causes = findCauses(log)
  assert.equal(causes.length, 8)
  assert.deepEqual(
    causes.slice(0, 3).map(({ line }) => line),
    [1, 2, 3],
  )
  assert.equal(causes.filter(({ text }) => text.includes('twice')).length, 1)
})

test('a log that names no cause has none; nothing in it is obeyed by a terminal', () => {
  assert.deepEqual(findCauses([...others(30), '0 errors, 2 warnings']), [])
  assert.deepEqual(findCauses(['\x1b[31mx.c:1: error: \x1b[2Jred']), [{ line: 1, text: 'x.c:1: error: red' }])
  assert.ok((findCauses([`error: ${'x'.repeat(10 ** 6)}`])[0]?.text.length ?? 0) <= 1000)
})
