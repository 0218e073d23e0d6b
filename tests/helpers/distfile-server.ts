// A real HTTP server on the loopback that serves distfiles well and badly, and remembers what was asked of it.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Distfile } from '../../src/portage/distfiles/distfile.js'

/** How a path is answered; called once per request, with the number of requests for that path so far. */
export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** A running server; `requests` are `PATH` or `PATH RANGE`, in order. */
export interface DistfileServer {
  url: string
  requests: string[]
  close(): Promise<void>
}

export async function serve(answers: Record<string, Answer>): Promise<DistfileServer> {
  const requests: string[] = []
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push([path, request.headers.range].filter(Boolean).join(' '))
    counts.set(path, (counts.get(path) ?? 0) + 1)
    const answer = answers[path]
    if (answer === undefined) response.writeHead(404).end('no such file')
    else answer(request, response, counts.get(path) ?? 0)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Sends `body`, from the asked offset when `ranges`. */
export function send(body: Buffer, ranges = true): Answer {
  return (request, response) => {
    const start = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
    const headers = { 'content-length': body.length - start }
    if (start >= body.length && start > 0) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
      return
    }
    if (start > 0)
      response.writeHead(206, {
        ...headers,
        'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
      })
    else response.writeHead(200, headers)
    response.end(body.subarray(start))
  }
}

/** Promises the whole `body` and cuts the connection after `length` bytes. */
export function cut(body: Buffer, length: number): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, length), () => setTimeout(() => response.destroy(), 20))
  }
}

/** The Manifest entry of `body`. */
export function distfile(name: string, body: Buffer, uris: string[]): Distfile {
  const digest = (algorithm: string): string => createHash(algorithm).update(body).digest('hex')
  return {
    name,
    size: body.length,
    digests: { BLAKE2B: digest('blake2b512'), SHA512: digest('sha512') },
    uris,
  }
}
