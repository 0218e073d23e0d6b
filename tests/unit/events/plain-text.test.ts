import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainText } from '../../../src/events/plain-text.js'

for (const [what, text, expected] of [
  ['colours', '\x1b[31;1merror\x1b[0m: \x1b[Kx', 'error: x'],
  ['a title (OSC with BEL)', '\x1b]0;owned\x07ok', 'ok'],
  ['a link (OSC with ST)', '\x1b]8;;http://x\x1b\\ok\x1b]8;;\x1b\\', 'ok'],
  ['a DCS string', 'a\x1bP1$r0m\x1b\\b', 'ab'],
  ['an unterminated OSC', 'a\x1b]52;c;aGk=', 'a'],
  ['a lone ESC at the end', 'a\x1b', 'a'],
  ['charset and reset escapes', '\x1b(B\x1bc\x1b=x', 'x'],
  ['8-bit CSI and OSC', 'a\x9b2Jb\x9d0;t\x9cc', 'abc'],
  ['nested escapes that would join', '\x1b\x1b[31m[2Jx', '[2Jx'],
  ['control characters', 'a\x00\x07\b\x7fb', 'ab'],
  ['tabs and line ends', 'a\tb\r\nc\u2028d', 'a b c d'],
  ['reordering characters', 'a\u202eb\u2066c\u2069', 'abc'],
  ['every mark that reorders', 'a\u061cb\u200ec\u2069d', 'abcd'],
  ['halves of surrogate pairs', 'a\ud800b', 'ab'],
  ['ordinary text of any script', 'grün 日本 🎉 é', 'grün 日本 🎉 é'],
] as const) {
  test(`plainText: ${what}`, () => assert.equal(plainText(text), expected))
}

test('plainText leaves no control character of any kind', () => {
  let all = ''
  for (let code = 0; code < 0x100; code++)
    all += `\x1b${String.fromCharCode(code)}${String.fromCharCode(code)}`
  assert.doesNotMatch(plainText(all), /[\x00-\x1f\x7f-\x9f]/)
})
