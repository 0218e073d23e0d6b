// Takes out of text what nobody else may know: passwords and tokens in addresses, and of text that leaves this machine all that
// looks like a secret. What is left says that there was one. All patterns are bounded: a hostile log cannot keep them busy.

const MASK = '***'

/**
 * `user:password@` of any address; of those that are asked by HTTP or FTP also `token@`. `user@` of others is a name. Slashes may
 * be escaped, as some write JSON, and of two one is left where an address was taken for a path.
 */
const LOGINS: readonly RegExp[] = [
  /\b((?:https?|ftps?):(?:\\{0,3}\/){1,2})[^\s/'"]{1,4096}@/gi,
  /\b([a-z][a-z0-9+.-]{0,30}:(?:\\{0,3}\/){2}[^\s/@:'"]{0,256}:)[^\s/'"]{0,4096}@/gi,
]

const NAME =
  '(?:pass(?:w(?:or)?d|phrase)|token|secret|api_?key|access_?key|private_?key|credentials?|signature|authorization)'

/** `?token=…`, `&X-Amz-Signature=…`. */
const PARAMETER = new RegExp(
  String.raw`([?&](?:[\w.-]{0,64}${NAME}[\w.-]{0,64}|sig|key|auth)=)[^&\s'"#]+`,
  'gi',
)

/** `text` without logins in its addresses: what an address still says is where, not who. */
export const withoutLogins = (text: string): string =>
  LOGINS.reduce((rest, login) => rest.replace(login, `$1${MASK}@`), text).replace(PARAMETER, `$1${MASK}`)

/** What a name that has a secret as its value ends with or has in it. */
const SECRET_NAME = String.raw`[\w.-]{0,64}(?:pass(?:w(?:or)?d|wd|phrase)|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|_key|_pass|_pat|_auth)[\w.-]{0,64}`

/** A quote, escaped as often as text within JSON within JSON has it. */
const QUOTE = String.raw`\\{0,3}["']`

/** Headers, assignments and arguments with a secret: what stays is the first group. */
const NAMED: readonly RegExp[] = [
  /((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:\w{1,20} )?)[^\s"'\\,]+/gi,
  /(\b(?:set-)?cookie:[ \t]{0,4})[^"'\n\\]+/gi,
  /(\b(?:x-[a-z-]{0,40}|private-|deploy-|job-)(?:token|key|secret):[ \t]{0,4})[^\s"'\\]+/gi,
  // NAME="…", "name": "…", with any quotes, or none; a value in quotes ends at the next quote.
  new RegExp(
    String.raw`((?<![\w.-])${SECRET_NAME}(?:${QUOTE})?[ \t]{0,4}(?:=|:(?=[ \t]{0,4}\\{0,3}["']))[ \t]{0,4}${QUOTE})[^"'\n]*?(?=\\{0,3}["'\n])`,
    'gi',
  ),
  new RegExp(String.raw`((?<![\w.-])${SECRET_NAME}=)[^\s"'\\&;,)]+`, 'gi'),
  /((?<![\w.-])[\w.-]{0,64}(?:password|passwd|passphrase|secret|api_?key|private_?key)[ \t]{0,4}:[ \t]{1,4})[^\s"'\\]+/gi,
  /((?<![\w.-])[\w.-]{0,64}token[ \t]{0,4}:[ \t]{1,4})[\w.~+/=-]{16,}/gi,
  /((?<![\w-])--?[\w-]{0,40}(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,4}["']?)[^\s"'\\-][^\s"'\\]*/gi,
  // curl's user, and netrc.
  /((?<![\w-])(?:-u|--user|--proxy-user)[ =]["']?[^\s:"'\\]{1,128}:)[^\s"'\\]+/g,
  /(\blogin\s{1,8}\S{1,256}\s{1,8}password\s{1,8})[^\s"'\\]+/g,
  /(minisign encrypted secret key(?:\\n|\s){1,4})[A-Za-z0-9+/=]+/g,
]

/** Secrets that say by themselves what they are. */
const KNOWN: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}/g,
  /\bgl(?:pat|rt|dt|cbt|ptt|soat|ft|imt|agent)-[\w-]{16,255}/g,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\bxox[abeoprs]-[\w-]{10,255}|\bxapp-[\w-]{10,255}/g,
  /\bnpm_[A-Za-z0-9]{30,255}|\bpypi-AgE[\w-]{16,512}|\bhf_[A-Za-z0-9]{20,255}|\bdckr_(?:pat|oat)_[\w-]{16,255}/g,
  /\bAIza[\w-]{30,255}|\bya29\.[\w-]{16,1024}|\bsk[-_](?:live_|test_|ant-|proj-)?[A-Za-z0-9_-]{20,255}/g,
  /(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{8,16384}\.[\w-]{8,4096}/g,
  /\bAGE-SECRET-KEY-1[0-9A-Z]{20,255}/g,
]

const BEGIN = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/g
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
/** A longer block is none. */
const LONGEST_KEY = 256 * 1024

/** Shorter values of the environment are words that occur anywhere. */
const SHORTEST_VALUE = 6

/** Whether a variable of this name has a secret as its value. */
const isSecretName = (name: string): boolean =>
  new RegExp(`^${SECRET_NAME}$`, 'i').test(name) || /^(?:.*_)?(?:KEY|PAT|PASS|AUTH)$/i.test(name)

/**
 * The secrets that the variables of an environment have, values of such names and passwords of addresses, in all spellings: as
 * they are, as JSON, addresses and base64 have them. The longest first, since one may be part of another.
 */
export function secretsOf(variables: Readonly<Record<string, string | undefined>>): string[] {
  const found = Object.entries(variables).flatMap(([name, value = '']) => {
    const logins = [...value.matchAll(/:\/\/[^\s/:@]{0,256}:([^\s/'"]{1,4096})@/g)].map(
      ([, word = '']) => word,
    )
    return [...(isSecretName(name) ? [value.trim()] : []), ...logins]
  })
  const all = found
    .filter((value) => value.length >= SHORTEST_VALUE)
    .flatMap((value) => [
      ...[value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)],
      ...[Buffer.from(value).toString('base64'), ...value.split('\n').filter((line) => line.length >= 16)],
    ])
  return [...new Set(all)].sort((a, b) => b.length - a.length)
}

/**
 * `text` without what looks like a secret: logins, headers, assignments, tokens that are known by their form, private keys, and
 * `values` wherever they stand.
 *
 * @param values secrets that are known, in all their spellings ({@link secretsOf})
 */
export function withoutSecrets(text: string, values: readonly string[] = []): string {
  let rest = withoutKeys(text)
  for (const value of values) rest = rest.replaceAll(value, MASK)
  for (const pattern of KNOWN) rest = rest.replace(pattern, MASK)
  for (const pattern of NAMED) rest = rest.replace(pattern, `$1${MASK}`)
  return withoutLogins(rest)
}

/** A copy of `value`, made of what JSON has, each of whose strings is {@link withoutSecrets}. */
export function withoutSecretsIn<T>(value: T, values: readonly string[]): T {
  if (typeof value === 'string') return withoutSecrets(value, values) as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: unknown) => withoutSecretsIn(each, values)) as T
  const entries = Object.entries(value).map(([name, each]) => [name, withoutSecretsIn(each, values)])
  return Object.fromEntries(entries) as T
}

/** Private keys in text; of one that is cut off what is there of it. */
function withoutKeys(text: string): string {
  const parts: string[] = []
  let at = 0
  let next = 0
  const ends = [...text.matchAll(END)].map(({ index }) => index)
  for (const begin of text.matchAll(BEGIN)) {
    if (begin.index < at) continue
    const inside = begin.index + begin[0].length
    // Each end is passed once, however many begin before it.
    while ((ends[next] ?? inside) < inside) next++
    const rest = text.slice(inside, inside + LONGEST_KEY)
    const end = (ends[next] ?? Number.POSITIVE_INFINITY) - inside
    const length = end <= LONGEST_KEY ? end : (/^[A-Za-z0-9+/=\\:,.\s-]*/.exec(rest)?.[0].length ?? 0)
    parts.push(text.slice(at, inside), MASK)
    at = inside + length
  }
  parts.push(text.slice(at))
  return withoutKeyEnds(parts.join(''))
}

/** The end of a key whose beginning is not there. */
function withoutKeyEnds(text: string): string {
  const parts: string[] = []
  let at = 0
  for (const end of text.matchAll(END)) {
    const before = text.slice(Math.max(at, end.index - LONGEST_KEY), end.index)
    const lines = before.split('\n')
    let count = 0
    while (count < lines.length && /^[A-Za-z0-9+/=\s]*$/.test(lines.at(-1 - count) ?? '-')) count += 1
    const key = lines.slice(lines.length - count).join('\n')
    parts.push(text.slice(at, end.index - key.length), key.trim() === '' ? key : `${MASK}\n`)
    at = end.index
  }
  parts.push(text.slice(at))
  return parts.join('')
}
