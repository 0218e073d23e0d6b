// The values of catalyst.conf that a run takes over, and the notices for those that mean nothing here.

import path from 'node:path'
import { DIGEST_ORDER } from '../../archive/stream/digests.js'
import type { Compression } from '../../sdk/definition.js'
import { didYouMean } from '../../sdk/nearest.js'
import { HOST_PATH } from '../../sdk/paths.js'
import { isAbsolutePath, isHostPath } from '../../sdk/read/grammar.js'
import type { ConfKey } from './keys.js'
import { COMPRESSION_OF, DEFAULT_MODE } from './modes.js'
import type { Settings } from './settings.js'

/** What a conf says about places and amounts. Paths of this machine are absolute. */
export interface ConfValues {
  readonly storedir: string | undefined
  readonly distdir: string | undefined
  readonly logdir: string | undefined
  readonly envscript: string | undefined
  readonly repoName: string
  /** Folder of the repos inside a stage. */
  readonly repoBasedir: string
  readonly jobs: number | undefined
  readonly compression: Compression
  /** Variables for the make.conf of the result. */
  readonly folders: Readonly<Record<string, string>>
}

/** Reads the keys of the conf that have an effect, and notes those that have none. */
export function readConf(settings: Settings): ConfValues {
  checkDigests(settings)
  noticeUseless(settings)
  const repoBasedir = settings.one('repo_basedir') ?? '/var/db/repos'
  if (!isAbsolutePath(repoBasedir))
    settings.wrong('repo_basedir', `expected an absolute path, found ${JSON.stringify(repoBasedir)}`)
  return {
    storedir: hostPath(settings, 'storedir'),
    distdir: hostPath(settings, 'distdir'),
    logdir: hostPath(settings, 'port_logdir'),
    envscript: hostPath(settings, 'envscript'),
    repoName: settings.one('repo_name') ?? 'gentoo',
    repoBasedir,
    jobs: readJobs(settings),
    compression: readCompression(settings),
    folders: {
      ...folder(settings, ['target_distdir', 'DISTDIR', '/var/cache/distfiles']),
      ...folder(settings, ['target_pkgdir', 'PKGDIR', '/var/cache/binpkgs']),
    },
  }
}

const hostPath = (settings: Settings, key: ConfKey): string | undefined => {
  const text = settings.one(key)
  if (text === undefined || text === '') return undefined
  if (!path.isAbsolute(text)) settings.wrong(key, `expected an absolute path, found ${JSON.stringify(text)}`)
  if (!isHostPath(text))
    settings.wrong(key, `expected ${HOST_PATH}, found ${JSON.stringify(text.slice(0, 300))}`)
  return path.resolve(text)
}

function readJobs(settings: Settings): number | undefined {
  const text = settings.one('jobs')
  const jobs = text === undefined || !/^\d{1,4}$/.test(text) ? undefined : Number(text)
  if (text !== undefined && (jobs === undefined || jobs === 0))
    settings.wrong('jobs', `expected a number from 1 to 9999, found ${JSON.stringify(text)}`)
  const load = settings.one('load-average')
  if (load !== undefined && Number(load) !== 2 * (jobs ?? 0))
    settings.notice('load-average', 'has no effect: no job is started while the load is above twice the jobs')
  return jobs
}

function readCompression(settings: Settings): Compression {
  const mode = settings.one('compression_mode') ?? DEFAULT_MODE
  const compression = Object.hasOwn(COMPRESSION_OF, mode) ? COMPRESSION_OF[mode] : undefined
  if (compression !== undefined) return compression
  const modes = Object.keys(COMPRESSION_OF)
  settings.wrong(
    'compression_mode',
    `expected one of ${modes.join(', ')}, found "${mode}"${didYouMean(mode, modes)}`,
  )
  return 'bz2'
}

function folder(
  settings: Settings,
  [key, variable, usual]: [ConfKey, string, string],
): Record<string, string> {
  const value = settings.one(key)
  if (value === undefined || value === usual) return {}
  settings.notice(key, `stands in the make.conf of the result; while the stage runs it is ${usual}`)
  return { [variable]: value }
}

/** Algorithms of Python's hashlib that DIGESTS files have here, and some that they do not. */
const OTHER_DIGESTS =
  /^(?:sha(?:224|256|384|3_\d+|512_\d+)|blake2s|whirlpool|ripemd160|sm3|md5-sha1|shake_\d+|md4)$/

function checkDigests(settings: Settings): void {
  const made: readonly string[] = DIGEST_ORDER
  for (const name of settings.many('digests')) {
    if (made.includes(name)) continue
    if (OTHER_DIGESTS.test(name))
      settings.notice(
        'digests',
        `no ${name} is made: DIGESTS always has ${made.join(', ')}, the record SHA-256`,
      )
    else settings.wrong('digests', `there is no algorithm ${JSON.stringify(name)}${didYouMean(name, made)}`)
  }
  if ((settings.one('digest_format') ?? 'linux') !== 'linux')
    settings.notice(
      'digest_format',
      "has no effect: DIGESTS has coreutils' lines, which catalyst calls linux",
    )
}

/** Keys of spec and conf without effect, and why. */
const USELESS: readonly [
  (
    | ConfKey
    | 'cbuild'
    | 'catalyst_use'
    | 'hostuse'
    | 'install_mask'
    | 'kerncache_path'
    | 'decompressor_search_order'
  ),
  string,
][] = [
  ['sharedir', "catalyst's own files are not used"],
  ['repo_openpgp_key_path', 'no repo is cloned'],
  ['repos_storedir', 'no repo is cloned'],
  ['var_tmpfs_portage', 'packages are built on disk'],
  ['target_logdir', 'logs are kept on the host'],
  ['cbuild', 'CBUILD is the CHOST of the stage'],
  ['catalyst_use', 'catalyst 4.1 does not use it either'],
  ['hostuse', 'catalyst does not read it either, and none of these subarches has a HOSTUSE'],
  ['install_mask', 'catalyst 4.1 does not use it either'],
  ['kerncache_path', 'no kernel is built'],
  ['decompressor_search_order', 'the compression of a seed is told by its first bytes'],
]

/** Keys that ask for what no stage can have, and why. */
const IMPOSSIBLE: readonly [ConfKey | 'rename_regexp', string][] = [
  ['distcc_hosts', 'stages have no network'],
  ['jobserver-fifo', 'a stage sees nothing of this machine; jobs says how much is built at once'],
  ['rename_regexp', 'records and later stages know an archive by its name'],
]

function noticeUseless(settings: Settings): void {
  for (const [key, why] of IMPOSSIBLE) if (settings.has(key)) settings.warn(key, `cannot be had: ${why}`)
  for (const [key, why] of USELESS) if (settings.has(key)) settings.notice(key, `has no effect: ${why}`)
}
