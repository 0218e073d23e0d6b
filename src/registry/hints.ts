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
    /certificate has expired|not yet valid/i,
    'its certificate is not of today: look at the clock of this machine, or have who keeps the registry renew it',
  ],
  [
    /certificate is (?:not )?valid for|doesn't contain any|common name/i,
    'its certificate is of another name: give the registry by a name that the certificate has, or have who keeps it add this one',
  ],
  [
    /x509|certificate/i,
    'a CA of your own, or a certificate that vouches for itself, belongs into /etc/containers/certs.d/HOST:PORT/ca.crt, or into the file that SSL_CERT_FILE names',
  ],
  [
    /HTTP response to HTTPS client/i,
    'it speaks plain HTTP, which is taken on this machine’s own addresses alone: the registry needs a certificate',
  ],
  [
    /invalid character '<'/,
    'it was no registry that has answered, but a web page: a proxy, or a network that wants a login first',
  ],
  [
    /\b429\b|too many requests/i,
    'it limits how often it is asked, by login or address: log in, or let fewer jobs ask at once; the next run asks again',
  ],
  // skopeo waits without a word for as long as it is told to.
  [
    /^nothing came of it in/,
    'look whether the registry answers; one that limits how often it is asked (429, Retry-After) lets wait, too: log in, or let fewer jobs ask at once',
  ],
]

const ANY_HINT = 'look whether the registry answers, and has room; without --store nothing of it is needed'

/** By the words of the client. */
export const hintFor = (said: string): string => HINTS.find(([words]) => words.test(said))?.[1] ?? ANY_HINT
