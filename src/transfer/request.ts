// One HTTP request, redirects followed: the response as it is sent, its body not decoded. Node's fetch would decode it, and
// an archive that a server calls `Content-Encoding: gzip` would not be the archive any more.

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { PlaceError, redact } from './place.js'

/** As many hops as browsers and wget follow. */
const MOST_REDIRECTS = 20

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** How to ask. */
export interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/**
 * Asks for `url`, which may hold credentials: they go into a header, and to no other host. @throws PlaceError for a redirect
 * that leads nowhere; what Node says of the connection
 */
export async function request(url: string, { headers, signal }: Asking): Promise<IncomingMessage> {
  let at = new URL(url)
  let login = authorizationOf(url)
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const response = await once(at, { headers: { ...headers, ...login }, signal })
    const { location } = response.headers
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) return response
    response.destroy()
    const next = nextOf(location, at)
    if (next.username !== '') login = authorizationOf(next.href)
    else if (next.origin !== at.origin) login = {}
    at = next
  }
  throw new PlaceError(`more than ${MOST_REDIRECTS} redirects`, false)
}

/** Headers come as Latin-1; who writes a path unescaped writes UTF-8. */
function nextOf(location: string, from: URL): URL {
  const text = Buffer.from(location, 'latin1').toString()
  const next = URL.canParse(text, from.href) ? new URL(text, from.href) : undefined
  if (next === undefined || !/^https?:$/.test(next.protocol))
    throw new PlaceError(`a redirect leads to ${redact(text)}, which is not an http or https address`, false)
  return next
}

function once(url: URL, asking: Asking): Promise<IncomingMessage> {
  const { get } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const options = {
      headers: { 'user-agent': 'bootstrap_sdk', accept: '*/*', ...asking.headers },
      signal: asking.signal,
      // A connection of its own: one that a server has given up meanwhile would look like a failure.
      agent: false,
      // Servers that send a length beside chunks, and the like: what has come is digested anyway.
      insecureHTTPParser: true,
    }
    get(withoutCredentials(url.href), options, resolve).on('error', reject)
  })
}

/** The header for the credentials in `url`, if it has some; see {@link withoutCredentials}. */
export function authorizationOf(url: string): { authorization?: string } {
  const { username, password } = new URL(url)
  if (username === '') return {}
  const login = `${decoded(username)}:${decoded(password)}`
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

/** A `%` that begins no escape is itself. */
const decoded = (text: string): string => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeBytes)

const decodeBytes = (escapes: string): string => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString()

/** `url` without the credentials that go into a header. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
