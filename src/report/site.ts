// The page of a version over HTTP, on loopback, for who knows the token: read-only, and only what the page itself leads to.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file, opened. */
export interface SiteFile {
  readonly name: string
  readonly bytes: number
  /** Shown as text, whatever is in it; else it is saved. */
  readonly isText: boolean
  readonly content: Readable
}

/** What is served. */
export interface Site {
  page(): Promise<string>
  /** The Content-Security-Policy of the page. */
  readonly policy: string
  /** Another one when the page may be another one. */
  stamp(): string
  /** The file that the page calls so; undefined when it does not, or when it is not there any more. */
  file(name: string): SiteFile | undefined
}

/** A site that is served. */
export interface Served {
  readonly url: string
  /** Ends all connections. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'
/** Pages that are open at the same time and hear of news; and how often it is looked for some. */
const MOST_LISTENERS = 16
const LOOK_MS = 1000

/**
 * Serves `site` below a token that is new each time, at `port` of this machine's loopback address; 0: a free one.
 *
 * @throws the system's error: EADDRINUSE, EACCES
 */
export async function serveSite(site: Site, port: number): Promise<Served> {
  const token = randomBytes(24).toString('base64url')
  const news = createNews(site)
  const server = createServer((request, response) => {
    answer({ site, token, news, server }, request, response).catch(() => response.destroy())
  })
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, HOST, resolve)
  })
  return {
    url: `http://${HOST}:${portOf(server)}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        news.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

interface Context {
  readonly site: Site
  readonly token: string
  readonly news: News
  readonly server: Server
}

const HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}
/** Of what is no page. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"

async function answer(
  { site, token, news, server }: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  response.setHeader('Content-Security-Policy', NOTHING)
  // A page of somebody else whose name leads here has that name: DNS rebinding.
  const hosts = [`${HOST}:${portOf(server)}`, `localhost:${portOf(server)}`]
  if (!hosts.includes(request.headers.host ?? '')) return refuse(response, 421, 'not a name of this machine')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405, 'this can only be read')
  }
  // As it was sent: nothing is decoded, so nothing is another name of what is listed.
  const [, given = '', name] = /^\/([^/?]*)\/([^?]*)/.exec(request.url ?? '') ?? []
  if (!isSame(given, token)) return refuse(response, 403, 'expected the whole address, with its token')
  if (name === '') return sendPage(response, site.policy, await site.page())
  if (name === 'events' && request.method === 'GET') return news.listen(response)
  const file = name === undefined ? undefined : site.file(name)
  if (file === undefined) return refuse(response, 404, 'the page has no such file')
  await sendFile(request, response, file)
}

/** Takes as long whatever is given: digests have one length. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function refuse(response: ServerResponse, code: number, why: string): void {
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
}

function sendPage(response: ServerResponse, policy: string, page: string): void {
  const body = Buffer.from(page)
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': body.length }
  response
    .writeHead(200, { ...headers, 'Content-Security-Policy': `${policy}; frame-ancestors 'none'` })
    .end(body)
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { name, bytes, isText, content }: SiteFile,
): Promise<void> {
  const type = isText ? 'text/plain; charset=utf-8' : 'application/octet-stream'
  const saved = isText
    ? {}
    : { 'Content-Disposition': `attachment; filename="${name.replace(/[^\w.+-]/g, '_')}"` }
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': bytes, ...saved })
  if (request.method === 'HEAD') {
    content.destroy()
    response.end()
  } else await pipeline(content, response)
}

interface News {
  /** Tells `response` of every change from now on, as server-sent events. */
  listen(response: ServerResponse): void
  close(): void
}

function createNews(site: Site): News {
  const listeners = new Set<ServerResponse>()
  let last = site.stamp()
  let looks = 0
  const timer = setInterval(() => {
    if (listeners.size === 0) return
    const stamp = site.stamp()
    looks += 1
    // A comment from time to time: who is gone without a word is found out.
    const said = stamp !== last ? 'data: news\n\n' : looks % 15 === 0 ? ':\n\n' : ''
    last = stamp
    if (said !== '') for (const each of listeners) each.write(said)
  }, LOOK_MS)
  return {
    listen(response) {
      if (listeners.size >= MOST_LISTENERS) return refuse(response, 503, 'too many pages are open')
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
      // What happened since the page was made.
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).write('data: news\n\n')
    },
    close: () => clearInterval(timer),
  }
}
