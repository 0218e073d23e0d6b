// Finds a file of a Python package in a package index (the "simple" interface: JSON where it is offered, else HTML).

import { PlaceError } from '../../transfer/place.js'
import { authorizationOf, withoutCredentials } from '../../transfer/request.js'

const ACCEPT = 'application/vnd.pypi.simple.v1+json, text/html;q=0.5'

/**
 * The URL of `file` of `project` in `index`.
 *
 * @throws PlaceError when the index cannot be read, or has no such file
 */
export async function pypiUrl(
  index: string,
  { project, file, signal }: { project: string; file: string; signal?: AbortSignal | undefined },
): Promise<string> {
  const page = `${index.replace(/\/+$/, '')}/${project.toLowerCase().replace(/[-_.]+/g, '-')}/`
  const response = await fetch(withoutCredentials(page), {
    headers: { accept: ACCEPT, ...authorizationOf(page) },
    signal: AbortSignal.any([AbortSignal.timeout(60_000), ...(signal === undefined ? [] : [signal])]),
  }).catch((error: Error) => {
    signal?.throwIfAborted()
    throw new PlaceError(`the package index does not answer: ${error.message}`, true)
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new PlaceError(`the package index says HTTP ${response.status}`, response.status >= 500)
  }
  const found = fileUrl(await response.text(), { file, page: response.url || page })
  if (found === undefined) throw new PlaceError('the package index has no such file', false)
  const url = new URL(found)
  // The index and its files are behind one login when they are on one host.
  const { host, username, password } = new URL(page)
  if (url.host === host) Object.assign(url, { username, password })
  return url.href
}

/** The absolute URL of `file` on an index page, JSON or HTML. Pure. */
export function fileUrl(text: string, { file, page }: { file: string; page: string }): string | undefined {
  if (text.trimStart().startsWith('{')) {
    const { files = [] } = JSON.parse(text) as { files?: { filename: string; url: string }[] }
    const url = files.find(({ filename }) => filename === file)?.url
    return url === undefined ? undefined : new URL(url, page).href
  }
  for (const [, href = ''] of text.matchAll(/<a\s[^>]*href\s*=\s*["']([^"']+)["']/gi)) {
    const url = new URL(href.replaceAll('&amp;', '&'), page)
    url.hash = ''
    if (decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) === file) return url.href
  }
  return undefined
}
