import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { Answers, Commands } from '../../../../src/stage/cache/filter.js'

const KEY = 'ccache:f257mntvsnfnfv9bsmc8j25j7iq6p8g3a'

/** A command as hiredis sends it. */
const command = (...words: string[]): string =>
  [`*${words.length}`, ...words.flatMap((word) => [`$${word.length}`, word]), ''].join('\r\n')

const FROM_CCACHE = [
  command('GET', KEY),
  command('EXISTS', KEY),
  command('SET', KEY, 'value\r\n*1\r\n$8\r\nSHUTDOWN\r\n'),
  command('SET', KEY, ''),
  command('GET', KEY),
].join('')

/** What comes through in parts of `size` bytes. @throws Error when it ends */
async function through(text: string, size = 1000): Promise<string> {
  const commands = new Commands()
  const parts: Buffer[] = []
  commands.on('data', (part: Buffer) => parts.push(part))
  const ended = once(commands, 'end')
  for (let at = 0; at < text.length; at += size)
    commands.write(Buffer.from(text.slice(at, at + size), 'latin1'))
  commands.end()
  await ended
  return Buffer.concat(parts).toString('latin1')
}

test('what ccache sends comes through as it is, however it arrives', async () => {
  for (const size of [1, 2, 3, 7, 1000]) assert.equal(await through(FROM_CCACHE, size), FROM_CCACHE)
})

const REFUSED: Record<string, string> = {
  'a command that writes files': command('CONFIG', 'SET', 'dir', '/root'),
  'one that connects elsewhere': command('SLAVEOF', '192.0.2.1', '6379'),
  'one that runs a program': command('EVAL', 'return 1', '0'),
  'one that removes all': command('FLUSHALL'),
  'a value that goes away': command('SET', KEY, 'x', 'EX', '1'),
  'a key of somebody else': command('GET', 'session:1'),
  'a key with more behind it': command('GET', `${KEY}\r\nFLUSHALL`),
  'a length that is not that of the key': command('GET', KEY).replace(`$${KEY.length}`, `$${KEY.length - 1}`),
  'a value without end': `*3\r\n$3\r\nSET\r\n$${KEY.length}\r\n${KEY}\r\n$999999999\r\n`,
  'the inline form': `GET ${KEY}\r\n${' '.repeat(300)}`,
  'no commands': 'x'.repeat(1000),
}

for (const [what, text] of Object.entries(REFUSED))
  test(`${what} does not come through, nor what follows`, async () => {
    for (const size of [1, 1000]) {
      await assert.rejects(through(text + ' '.repeat(256), size), /not a command of ccache/)
      await assert.rejects(
        through(command('GET', KEY) + text + ' '.repeat(256), size),
        /not a command of ccache/,
      )
    }
  })

test('answers come as they are, and are counted', async () => {
  const text = '$5\r\n$-1\r\n\r\n$-1\r\n:0\r\n+OK\r\n$0\r\n\r\n-ERR no\r\n+OK\r\n'
  for (const size of [1, 4, 1000]) {
    const use = { found: 0, missed: 0, stored: 0 }
    const answers = new Answers(use)
    const parts: Buffer[] = []
    answers.on('data', (part: Buffer) => parts.push(part))
    const ended = once(answers, 'end')
    for (let at = 0; at < text.length; at += size) answers.write(Buffer.from(text.slice(at, at + size)))
    answers.end()
    await ended
    assert.equal(Buffer.concat(parts).toString(), text)
    assert.deepEqual(use, { found: 2, missed: 1, stored: 2 })
  }
})
