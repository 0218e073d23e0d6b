// One place a file may come from, what went wrong there, and how both are shown without credentials.

/** A place to try. `apt` goes through apt's own client, `npm` through npm's, the others are read directly. */
export type Place =
  | { client: 'http'; url: string }
  | { client: 'apt'; url: string }
  | { client: 'npm'; spec: string }
  | { client: 'file'; path: string }

/** What went wrong at one place. `transient` may go away by itself: the place is tried again. */
export class PlaceError extends Error {
  /** Trying again may help. */
  readonly transient: boolean
  /** The place has no such file, or shows it to nobody. */
  readonly isAbsent: boolean

  constructor(message: string, transient: boolean, isAbsent = false) {
    super(message)
    this.name = 'PlaceError'
    this.transient = transient
    this.isAbsent = isAbsent
  }
}

/** The place in words, without user names, passwords and query strings: fit for messages and logs. */
export function describePlace(place: Place): string {
  if (place.client === 'npm') return `npm package ${place.spec}`
  return place.client === 'file' ? place.path : redact(place.url)
}

/** `text` with the credentials of every URL in it hidden. Tokens may also stand in the query: it is cut off. */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]{0,40}:\/\/)[^\s/@]*@/gi, '$1***@')
    .replace(/[a-z][a-z0-9+.-]{0,40}:\/\/\S+/gi, (url) => url.replace(/\?.*$/s, '?***'))
}

/** The place of a plain URL, or undefined for a scheme that is not known here. */
export function placeOfUrl(url: string): Place | undefined {
  if (/^https?:\/\//i.test(url)) return { client: 'http', url }
  if (/^file:\//i.test(url)) return { client: 'file', path: decodeURIComponent(new URL(url).pathname) }
  return undefined
}
