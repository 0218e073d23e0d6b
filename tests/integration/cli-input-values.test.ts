import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { SdkError } from '../../src/errors.js'
import { at, definition, makeGround, place, plan, removeGround, spec } from './cli-input-helpers.js'

before(makeGround)
after(removeGround)

const write = (name: string, text: string | Buffer): string => {
  mkdirSync(path.dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
  return at(name)
}

/** Holds the end of `what` to `expected`: undefined where it is taken. */
function hold(what: string, error: unknown, expected: RegExp | undefined): void {
  if (expected === undefined) {
    assert.equal(error, undefined, `${what}: ${String(error)}`)
    return
  }
  assert.ok(error instanceof SdkError, `${what}: ${error instanceof Error ? error.stack : 'taken'}`)
  assert.equal(error.exitCode, 2, `${what}: ${error.code}`)
  assert.match(error.message, expected, what)
}

const cross = (chost: string): string => `${definition({})}\n[[cross]]\nchost = "${chost}"\n`
const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

test('sdk.toml: bytes and values that are odd', async () => {
  const good = definition({})
  const cases: readonly [string, string | Buffer, RegExp | undefined][] = [
    ['CRLF', good.replaceAll('\n', '\r\n'), undefined],
    ['a byte order mark', `\ufeff${good}`, undefined],
    ['tabs', good.replaceAll('= ', '=\t'), undefined],
    ['NUL', `${good}# \0\n`, /expected text, found a NUL byte in line 22/],
    ['latin1', Buffer.from(`${good}# é`, 'latin1'), /expected text in UTF-8/],
    ['UTF-16', Buffer.from(good, 'utf16le'), /NUL byte in line 1/],
    ['70 MB', `${good}${'#'.repeat(70e6)}`, /expected text of at most/],
    ['a key twice', `format = 1\n${good}`, /:2:1: .*redefine/],
    ['a table twice', `${good}\n[stage4]\n`, /redefine/],
    ['nested deeply', `${good}x = ${nested}\n`, /nested/],
    ['an empty file', '', /missing key format/],
    ['no stages', `stages = []\n${good}`, /stages: expected at least one/],
    ['a stage twice', `stages = [1, 1]\n${good}`, /increasing/],
    ['a number beyond', `stages = [9223372036854775807]\n${good}`, /integer/],
    [
      'stage 3 without packages',
      `${good}\n[stage3]\npackages = []\n`,
      /stage3\.packages: expected at least one/,
    ],
    [
      'stage 4 without packages',
      good.replace('[stage4]\n', '[stage4]\npackages = []\n'),
      /stage4\.packages: expected at least one/,
    ],
    ['such a stage that is left out', `stages = [1, 2]\n${good}\n[stage3]\npackages = []\n`, undefined],
    ['a long type', good.replace('"test-sdk"', `"${'a'.repeat(41)}"`), /sdk\.toml:3:1: type: .*at most 40/],
    ['a long name', good.replace('name = "test"', `name = "${'a'.repeat(101)}"`), /name: .*at most 100/],
    ['a day before 1970', `source_date = "1969-12-31"\n${good}`, /source_date: .*from 1970 to 2445/],
    ['a day too late', `source_date = "9999-12-31"\n${good}`, /source_date/],
    [
      'another kernel',
      good.replace('x86_64-pc-linux-gnu', 'x86_64-pc-freebsd-gnu'),
      /chost: expected CPU-VENDOR-linux/,
    ],
    [
      'an unknown CPU',
      cross('mips64-unknown-linux-gnu'),
      /cross\[0\]\.chost: .*among x86_64, aarch64, .*"mips64-/,
    ],
    ['a CPU that is none', cross('i786-cros-linux-gnu'), /cross\[0\]\.chost: expected CPU-/],
    ['a cross target of another kernel', cross('aarch64-cros-freebsd-gnu'), /expected CPU-VENDOR-linux-ABI/],
    ['a dot in a tuple', cross('aarch64-cros-linux-gnu.1'), /expected CPU-VENDOR-linux-ABI/],
    ['a long tuple', cross(`aarch64-cros-linux-${'a'.repeat(300)}`), /at most 100/],
    [
      'known CPUs',
      `${cross('armv7a-cros-linux-gnueabihf')}[[cross]]\nchost = "riscv64-x-linux-gnu"\n`,
      undefined,
    ],
  ]
  for (const [what, text, expected] of cases) {
    write('odd/sdk.toml', text)
    hold(what, await plan(['--sdk', at('odd'), ...place()]), expected)
  }
})

test('specs and their conf: bytes and values that are odd', async () => {
  const good = spec({})
  const conf = readFileSync(at('a.conf'), 'utf8')
  const cases: readonly [string, string | Buffer, string | Buffer, RegExp | undefined][] = [
    ['CRLF', good.replaceAll('\n', '\r\n'), conf.replaceAll('\n', '\r\n'), undefined],
    ['byte order marks', `\ufeff${good}`, `\ufeff${conf}`, undefined],
    ['tabs', good.replaceAll(': ', ':\t'), conf, undefined],
    [
      'NUL in a spec',
      `${good}portage_confdir: /a\0b\n`,
      conf,
      /a\.spec: expected text, found a NUL byte in line 8/,
    ],
    ['NUL in a conf', good, `storedir="/a\0b"\n`, /a\.conf: expected text, found a NUL byte in line 1/],
    ['latin1', Buffer.from(`${good}# é`, 'latin1'), conf, /expected text in UTF-8/],
    ['a conf nested deeply', good, `${conf}options = ${nested}\n`, /a\.conf:3: not valid TOML: .*nested/],
    ['jobs', good, `${conf}jobs = 99999\n`, /jobs: expected a number from 1 to 9999/],
    ['a long stamp', spec({ version_stamp: 'a'.repeat(255) }), conf, /version_stamp: expected at most 100/],
    ['a stamp that climbs', spec({ version_stamp: '..' }), conf, /version_stamp/],
    [
      'a tuple of another architecture',
      spec({ target: 'stage1', chost: 'aarch64-unknown-linux-gnu' }),
      conf,
      /chost: expected a tuple for amd64, .*found aarch64-/,
    ],
    [
      'an unknown CPU',
      spec({ target: 'stage1', chost: 'mips-x-linux-gnu' }),
      conf,
      /chost: expected a tuple for amd64/,
    ],
  ]
  for (const [what, text, confText, expected] of cases) {
    const args = ['--file', write('odd/a.spec', text), '--config', write('odd/a.conf', confText)]
    hold(what, await plan([...args, ...place().slice(0, 2)]), expected)
  }
  const env = write('odd/env', 'export FEATURES="\0"\n')
  const args = ['--file', at('a.spec'), '--config', write('odd/a.conf', `${conf}envscript = "${env}"\n`)]
  hold(
    'NUL in an envscript',
    await plan([...args, ...place().slice(0, 2)]),
    /envscript: .*NUL byte in line 1/,
  )
})

test('version files and addresses that are odd', async () => {
  write('odd/sdk.toml', definition({ version_file: 'version.txt' }))
  for (const [text, expected] of [
    ['FLATCAR_VERSION_ID=1.0.0\r\n', undefined],
    ['\ufeffFLATCAR_VERSION_ID=1.0.0\n', undefined],
    ['FLATCAR_VERSION_ID=1.0.0\0\n', /NUL byte in line 1/],
    [`FLATCAR_VERSION_ID=1\nFLATCAR_BUILD_ID=${'a'.repeat(300)}\n`, /version\.txt:2:1: FLATCAR_BUILD_ID/],
  ] as const) {
    write('odd/version.txt', text)
    hold(JSON.stringify(text), await plan(['--sdk', at('odd'), ...place()]), expected)
  }
  const upload = ['--upload', '--upload_path', `file://${'/a'.repeat(3000)}`]
  hold('a long address', await plan(['--sdk', at('sdk'), ...place(), ...upload]), /--upload_path/)
})
