// The place where a release is published, from its address. Only the address is looked at here.

import { SdkError } from '../errors.js'
import { isHostPath } from '../sdk/read/grammar.js'

/** Where files are published. `path` is a folder without a final slash. */
export type PublishTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** An rsync daemon: `path` begins with the module. */
  | { readonly kind: 'daemon'; readonly host: string; readonly path: string }
  /** rsync over ssh, as Flatcar writes it: `rsync://[USER@]HOST:PATH`. */
  | { readonly kind: 'ssh'; readonly host: string; readonly path: string }

/** No dash in front: host and path become arguments of programs. No blanks, quotes or what a remote shell would read. */
const PATH = '[A-Za-z0-9._/][A-Za-z0-9._/+@%,=:-]*'
const HOST = String.raw`(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])`
const DAEMON = new RegExp(String.raw`^rsync://(${HOST}(?::\d{1,5})?)/(${PATH})$`)
const SSH = new RegExp(`^rsync://(${HOST}):(${PATH})$`)
const FILE = /^file:\/\/(\/[^\p{Cc}]*)$/u

/**
 * Reads an address: `file:///FOLDER`; `rsync://[USER@]HOST[:PORT]/MODULE/PATH` (a daemon) or `rsync://[USER@]HOST:PATH`
 * (over ssh).
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
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  const what =
    scheme === undefined || ['rsync', 'file'].includes(scheme)
      ? 'is not an address to upload to'
      : `cannot be uploaded to: ${scheme}:// is not supported`
  throw new SdkError('SDK_USAGE', `${option}: ${JSON.stringify(text)} ${what}`, {
    hint: 'rsync://HOST/MODULE/PATH (a daemon), rsync://USER@HOST:PATH (over ssh) or file:///FOLDER',
  })
}

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
export function targetAddress({ kind, ...target }: PublishTarget): string {
  if (kind === 'file') return `file://${target.path}`
  const { host, path } = target as { host: string; path: string }
  return `rsync://${host}${kind === 'daemon' ? '/' : ':'}${path}`
}
