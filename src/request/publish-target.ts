// The place where a release is published, from its address. Only the address is looked at here.

import { SdkError } from '../errors.js'
import { isHostPath } from '../sdk/read/grammar.js'

/** Object stores by the scheme of their addresses: S3 and all that speaks it, Google Cloud Storage, Azure's blobs. */
export type ObjectStore = 's3' | 'gs' | 'azblob'

/** Where files are published. `path` is a folder without a final slash. */
export type PublishTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** An rsync daemon: `path` begins with the module. */
  | { readonly kind: 'daemon'; readonly host: string; readonly path: string }
  /** rsync over ssh, as Flatcar writes it: `rsync://[USER@]HOST:PATH`. */
  | { readonly kind: 'ssh'; readonly host: string; readonly path: string }
  /** An object store, by rclone: `path` begins with the bucket. */
  | { readonly kind: 'object'; readonly store: ObjectStore; readonly path: string }

/** No dash in front: host and path become arguments of programs. No blanks, quotes or what a remote shell would read. */
const PATH = '[A-Za-z0-9._/][A-Za-z0-9._/+@%,=:-]*'
const HOST = String.raw`(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])`
const DAEMON = new RegExp(String.raw`^rsync://(${HOST}(?::\d{1,5})?)/(${PATH})$`)
const SSH = new RegExp(`^rsync://(${HOST}):(${PATH})$`)
/** Buckets as S3, Google and Azure all name them, and keys without what one of them has a meaning for. */
const OBJECT = new RegExp(`^(s3|gs|azblob)://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9](?:/${PATH})?)$`)
const FILE = /^file:\/\/(\/[^\p{Cc}]*)$/u

/**
 * Reads an address: `file:///FOLDER`; `rsync://[USER@]HOST[:PORT]/MODULE/PATH` (a daemon) or `rsync://[USER@]HOST:PATH`
 * (over ssh); `s3://BUCKET/PATH`, `gs://BUCKET/PATH`, `azblob://CONTAINER/PATH`.
 *
 * @param option the option that it comes from
 * @throws SdkError SDK_USAGE for any other
 */
export function parsePublishTarget(option: string, text: string): PublishTarget {
  const address = text.replace(/\/+$/, '')
  const folder = FILE.exec(address)?.[1]
  if (folder !== undefined && !isClimbing(folder) && isHostPath(folder)) return { kind: 'file', path: folder }
  const [, daemon, module] = DAEMON.exec(address) ?? []
  if (
    daemon !== undefined &&
    hasPort(daemon) &&
    module !== undefined &&
    !module.startsWith('/') &&
    !isClimbing(module)
  )
    return { kind: 'daemon', host: daemon, path: module }
  const [, host, path] = SSH.exec(address) ?? []
  if (daemon === undefined && host !== undefined && path !== undefined && !isClimbing(path))
    return { kind: 'ssh', host, path }
  const [, store, key] = OBJECT.exec(address) ?? []
  if (store !== undefined && key !== undefined && !isClimbing(key) && !key.includes('//'))
    return { kind: 'object', store: store as ObjectStore, path: key }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  const what =
    scheme === undefined || SCHEMES.includes(scheme)
      ? 'is not an address to upload to'
      : `cannot be uploaded to: ${scheme}:// is not supported`
  throw new SdkError('SDK_USAGE', `${option}: ${JSON.stringify(text)} ${what}`, {
    hint: 'rsync://HOST/MODULE/PATH (a daemon), rsync://USER@HOST:PATH (over ssh), s3://BUCKET/PATH, gs://BUCKET/PATH, azblob://CONTAINER/PATH or file:///FOLDER',
  })
}

const SCHEMES = ['rsync', 'file', 's3', 'gs', 'azblob']

/** Whether the port of `host`, if it has one, can be one. */
function hasPort(host: string): boolean {
  const port = Number(/\]?:(\d+)$/.exec(host)?.[1] ?? 1)
  return port > 0 && port < 65_536
}

const isClimbing = (folder: string): boolean => folder.split('/').includes('..')

/** The folder `name` below `target`. `name` is made of file names and slashes. */
export const below = (target: PublishTarget, name: string): PublishTarget => ({
  ...target,
  path: `${target.path}/${name}`,
})

/** The address of `target`, as users write it. */
export function targetAddress(target: PublishTarget): string {
  if (target.kind === 'file') return `file://${target.path}`
  if (target.kind === 'object') return `${target.store}://${target.path}`
  return `rsync://${target.host}${target.kind === 'daemon' ? '/' : ':'}${target.path}`
}
