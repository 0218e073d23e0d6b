// Which repository of an OCI registry the shared store is: `oci://HOST[:PORT]/NAME`.

import { SdkError } from '../errors.js'

/** A repository of a registry, as `skopeo` names it behind `docker://`. */
export interface StoreReference {
  /** As it was given. */
  readonly text: string
  /** `HOST[:PORT]/NAME`. */
  readonly repository: string
  /** The registry is this machine: it may speak plain HTTP. */
  readonly isLoopback: boolean
}

const PREFIX = 'oci://'
/** Components of a name, as the distribution-spec has them (1.1, "Pulling manifests"). */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/
/** Longest repository that registries take, with the host (image-spec). */
const LONGEST = 255

/**
 * Reads `oci://HOST[:PORT]/NAME`.
 *
 * @param what names the text in messages: an option, or a variable of the environment
 * @throws SdkError SDK_USAGE for anything else: logins and tags are not part of it
 */
export function parseStoreReference(text: string, what = '--store'): StoreReference {
  const bad = (why: string): SdkError =>
    new SdkError('SDK_USAGE', `${what}: expected oci://HOST[:PORT]/NAME, ${why}`, {
      hint: 'for example oci://registry.example.org/sdk/store, or none; whoever logs in does it with `skopeo login` or a REGISTRY_AUTH_FILE',
    })
  if (!text.startsWith(PREFIX)) throw bad(`found ${JSON.stringify(text.slice(0, 120))}`)
  const rest = text.slice(PREFIX.length)
  // Said before the text is shown: it may be a password.
  if (rest.includes('@')) throw bad('found a login or a digest in it')
  const slash = rest.indexOf('/')
  const [host, name] = slash < 0 ? [rest, ''] : [rest.slice(0, slash).toLowerCase(), rest.slice(slash + 1)]
  const found = JSON.stringify(text.slice(0, 120))
  if (!HOST.test(host)) throw bad(`found ${found}, whose host is not a host name`)
  if (!NAME.test(name) || rest.length > LONGEST)
    throw bad(`found ${found}: a name has lower-case letters, digits and . _ - / between them, and no tag`)
  // Without either, container tools take the host for the first part of a name at another registry.
  if (!/[.:]/.test(host) && host !== 'localhost')
    throw bad(`found ${found}: give the host its domain or its port`)
  return { text, repository: `${host}/${name}`, isLoopback: LOOPBACK.test(host) }
}
