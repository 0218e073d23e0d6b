// What to do about what a registry, or the way to it, could not do.

/** What to do, by what was said. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /proxy authentication/i,
    'the login of the proxy belongs into https_proxy: http://NAME:PASSWORD@HOST:PORT',
  ],
  [
    /invalid reference format/,
    'this skopeo takes no addresses in brackets: give the name of the registry; that of this machine is localhost',
  ],
  [
    /unauthorized|denied|authentication|bearer? token/i,
    'log in with `skopeo login`, or name the file of the logins by REGISTRY_AUTH_FILE',
  ],
  [
    /x509|certificate/i,
    'look at the date and the name; a CA of your own belongs into /etc/containers/certs.d/HOST:PORT/ca.crt, or into the file that SSL_CERT_FILE names',
  ],
  [
    /invalid character '<'/,
    'it was no registry that has answered, but a web page: a proxy, or a network that wants a login first',
  ],
  [
    /\b429\b|too many requests/i,
    'it limits how often it is asked, by login or address: log in, or let fewer jobs ask at once; the next run asks again',
  ],
]

const ANY_HINT = 'look whether the registry answers, and has room; without --store nothing of it is needed'

/** By the words of the client. */
export const hintFor = (said: string): string => HINTS.find(([words]) => words.test(said))?.[1] ?? ANY_HINT
