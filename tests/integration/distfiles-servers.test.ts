// Servers that speak HTTP in their own way: whatever gives the bytes of the Manifest is taken, and no other bytes are.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type Transfer, transferFrom } from '../../src/transfer/attempts.js'
import { type Answer, cut, send, serve } from '../helpers/distfile-server.js'

const BODY = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index} of a source\n`).join(''))
const OLD = Buffer.alloc(BODY.length, 'what was there before ')
const PACKED = gzipSync(BODY)

/** Fetches `url` into a folder of its own, which holds `there` of it already. @returns the bytes, and why it failed */
async function fetched(
  t: TestContext,
  url: string,
  more: Partial<Transfer> & { there?: Buffer; wanted?: Buffer },
) {
  const folder = mkdtempSync(join(tmpdir(), 'servers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'file')
  const { there, wanted = BODY, ...job } = more
  if (there !== undefined) writeFileSync(path, there)
  const check = async (): Promise<string | undefined> =>
    readFileSync(path).equals(wanted) ? undefined : 'other bytes'
  const failure = await transferFrom(
    { client: 'http', url },
    { path, check, size: wanted.length, attempts: 3, pauseMs: 1, ...job },
  )
  const names = readdirSync(folder).filter((name) => name !== 'file')
  assert.deepEqual(names, [])
  return { failure, bytes: failure === undefined ? readFileSync(path) : undefined }
}

const coded =
  (coding: string, bytes: Buffer, header = 'content-encoding'): Answer =>
  (_request, response) =>
    response.writeHead(200, { [header]: coding, 'content-length': bytes.length }).end(bytes)

/** What each server does, and the bytes that the Manifest means. */
const RIGHT: Record<string, { answer: Answer; wanted?: Buffer; there?: Buffer }> = {
  'an archive that is called packed': { answer: coded('gzip', PACKED), wanted: PACKED },
  'the same as x-gzip': { answer: coded('x-gzip', PACKED), wanted: PACKED },
  'a text that is packed for the way': { answer: coded('gzip', PACKED) },
  'an archive that is packed once more': { answer: coded('gzip', gzipSync(PACKED)), wanted: PACKED },
  deflate: { answer: coded('deflate', deflateSync(BODY)) },
  brotli: { answer: coded('br', brotliCompressSync(BODY)) },
  'two codings': { answer: coded('gzip, br', brotliCompressSync(PACKED)) },
  'a coding that it does not have': { answer: coded('gzip', BODY) },
  identity: { answer: coded('identity', BODY) },
  'chunks, with no length': { answer: (_request, response) => response.end(BODY) && undefined },
  'a length that is too large': {
    answer: (_request, response) => {
      response.writeHead(200, { 'content-length': BODY.length + 1000 })
      // What is on its way when a connection is reset may be lost: on a busy machine it is on its way for long.
      response.write(BODY, () => setTimeout(() => response.destroy(), 500))
    },
  },
  'a part that begins at the beginning': {
    there: BODY.subarray(0, 1000),
    answer: (_request, response) =>
      response.writeHead(206, { 'content-range': `bytes 0-${BODY.length - 1}/${BODY.length}` }).end(BODY) &&
      undefined,
  },
  'a part without a range': {
    there: BODY.subarray(0, 1000),
    answer: (request, response) =>
      response.writeHead(request.headers.range === undefined ? 200 : 206).end(BODY) && undefined,
  },
  'another part than was asked for': {
    there: BODY.subarray(0, 1000),
    answer: (request, response, count) =>
      request.headers.range === undefined
        ? send(BODY)(request, response, count)
        : response
            .writeHead(206, { 'content-range': `bytes 500-999/${BODY.length}` })
            .end(BODY.subarray(500, 1000)),
  },
  'all of it, called the part that was asked for': {
    there: BODY.subarray(0, 1000),
    answer: (request, response, count) =>
      request.headers.range === undefined
        ? send(BODY)(request, response, count)
        : response
            .writeHead(206, { 'content-range': `bytes 1000-${BODY.length - 1}/${BODY.length}` })
            .end(BODY.subarray(0, BODY.length - 1000)),
  },
  'no ranges, with 416': {
    there: BODY.subarray(0, 1000),
    answer: (request, response, count) =>
      request.headers.range === undefined
        ? send(BODY)(request, response, count)
        : response.writeHead(416).end(),
  },
  'other bytes before, whose rest it has': { there: OLD.subarray(0, 1000), answer: send(BODY) },
}

describe('servers', () => {
  for (const [name, { answer, ...more }] of Object.entries(RIGHT))
    it(`take the right bytes from one that sends ${name}`, async (t) => {
      const server = await serve({ '/a': answer })
      t.after(server.close)
      const { failure, bytes } = await fetched(t, `${server.url}/a`, more)
      assert.equal(failure, undefined)
      assert.ok(bytes?.equals(more.wanted ?? BODY))
    })

  it('refuses what stays another file: too long, too short, packed too large, not what it unpacks to', async (t) => {
    const wrong: Record<string, [Answer, RegExp]> = {
      '/long': [send(Buffer.concat([BODY, OLD])), /^it has \d+ bytes there, expected \d+$/],
      '/short': [send(BODY.subarray(1)), /^it has \d+ bytes there, expected \d+$/],
      '/bomb': [coded('gzip', gzipSync(Buffer.concat([BODY, OLD, OLD]))), /other bytes/],
      '/other': [coded('gzip', gzipSync(OLD)), /other bytes/],
      '/unknown': [coded('compress', BODY.subarray(1)), /other bytes/],
    }
    const server = await serve(
      Object.fromEntries(Object.entries(wrong).map(([path, [answer]]) => [path, answer])),
    )
    t.after(server.close)
    for (const [path, [, message]] of Object.entries(wrong)) {
      const { failure } = await fetched(t, server.url + path, {})
      assert.match(failure?.message ?? 'nothing failed', message, path)
    }
  })

  it('begins anew, at once, when the file has changed between two halves', async (t) => {
    for (const knowsIfRange of [true, false]) {
      const server = await serve({
        '/a': (request, response, count) => {
          response.setHeader('etag', count === 1 ? '"old"' : '"new"')
          if (count === 1) cut(OLD, 1000)(request, response, count)
          else if (knowsIfRange && request.headers['if-range'] !== '"new"') response.writeHead(200).end(BODY)
          else send(BODY)(request, response, count)
        },
      })
      t.after(server.close)
      const { failure, bytes } = await fetched(t, `${server.url}/a`, { attempts: 2 })
      assert.equal(failure, undefined)
      assert.ok(bytes?.equals(BODY))
    }
  })

  it('follows redirects of all kinds, and tells the login of one host to no other', async (t) => {
    const logins: (string | undefined)[] = []
    const other = await serve({
      '/a%20b/%C3%A4': (request, response, count) => {
        logins.push(request.headers.authorization)
        send(BODY)(request, response, count)
      },
    })
    const to =
      (status: number, location: string): Answer =>
      (request, response) => {
        logins.push(request.headers.authorization)
        response.writeHead(status, { location }).end()
      }
    const first = await serve({
      '/301': to(301, '302?x=1'),
      '/302?x=1': to(302, '/303'),
      '/303': to(303, '/307'),
      '/307': to(307, '/308'),
      '/308': to(308, `${other.url}/a%20b/${Buffer.from('\u00e4').toString('latin1')}`),
      '/round': to(302, '/round'),
      '/file': to(302, 'file:///etc/passwd'),
    })
    for (const server of [first, other]) t.after(server.close)
    const url = (path: string): string => `${first.url.replace('//', '//user:word@')}/${path}`
    assert.ok((await fetched(t, url('301'), {})).bytes?.equals(BODY))
    const basic = `Basic ${Buffer.from('user:word').toString('base64')}`
    assert.deepEqual(logins, [basic, basic, basic, basic, basic, undefined])
    assert.match((await fetched(t, url('round'), {})).failure?.message ?? '', /^more than 20 redirects$/)
    assert.match(
      (await fetched(t, url('file'), {})).failure?.message ?? '',
      /leads to file:\/\/\/etc\/passwd/,
    )
  })

  it('takes a length beside chunks, as other clients do', async (t) => {
    const server = createServer((socket) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n`
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end(
          Buffer.concat([
            Buffer.from(`${head}${BODY.length.toString(16)}\r\n`),
            BODY,
            Buffer.from('\r\n0\r\n\r\n'),
          ]),
        ),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`
    const { failure, bytes } = await fetched(t, url, {})
    assert.equal(failure, undefined)
    assert.ok(bytes?.equals(BODY))
  })

  it('unpacks what nothing can prove, as a list of digests is', async (t) => {
    const server = await serve({ '/a': coded('gzip', PACKED) })
    t.after(server.close)
    const folder = mkdtempSync(join(tmpdir(), 'servers-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'paper')
    const place = { client: 'http' as const, url: `${server.url}/a` }
    assert.equal(await transferFrom(place, { path, limit: 1024 * 1024, attempts: 1, pauseMs: 1 }), undefined)
    assert.ok(readFileSync(path).equals(BODY))
  })
})
