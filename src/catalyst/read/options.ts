// The words of `options` in catalyst.conf: what each does here. None is ignored silently.

import { quotedCommand } from '../../process/own-command.js'
import { didYouMean } from '../../sdk/nearest.js'
import type { Settings } from './settings.js'

/** What the options ask for. */
export interface SpecOptions {
  /** Use and fill a folder of binary packages: that of `pkgcache_path`, or the default one of all versions. */
  readonly pkgcache: boolean
  /** The default folder is this version's alone. */
  readonly versionedCache: boolean
  /** USE=bindist while the stage runs. */
  readonly bindist: boolean
  /** Keep what `portage_prefix` names, and USE=bindist, in the result. */
  readonly sticky: boolean
  /** Build again whatever is finished. */
  readonly rebuild: boolean
}

/** Options with an effect. */
const HONOURED = ['pkgcache', 'versioned_cache', 'bindist', 'sticky-config', 'clear-autoresume'] as const

/** Options without one, and why none is needed or possible. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  autoresume:
    'a stage that is finished is not built again, and an aborted one takes the packages it had built',
  seedcache: 'a seed is unpacked once by its digest, and a finished stage need not be unpacked at all',
  keepwork: 'a failed attempt is always kept, and a finished root stays in the store',
  kerncache: 'no kernel is built',
  snapcache: 'copies of repos are kept by their digest',
  metadata_overlay: 'metadata of repos is used where it is',
  preserve_libs: 'libraries are never preserved',
}

/** Options that no stage can have, and why. */
const IMPOSSIBLE: Readonly<Record<string, string>> = {
  ccache: 'the compiler cache of a stage is asked for by --ccache',
  distcc: 'stages have no network',
  icecream: 'stages have no network',
}

/** Options that are another verb here. */
const COMMANDS: Readonly<Record<string, string>> = {
  fetch: 'fetch',
  purge: 'clean',
  purgeonly: 'clean',
  purgetmponly: 'clean',
  'enter-chroot': 'enter',
}

/** Reads `options`; notes what has no effect, is done by another command, or is unknown. */
export function readOptions(settings: Settings): SpecOptions {
  const given = settings.many('options')
  for (const word of given) {
    if ((HONOURED as readonly string[]).includes(word)) continue
    if (Object.hasOwn(WITHOUT_EFFECT, word))
      settings.notice('options', `${word} has no effect: ${WITHOUT_EFFECT[word]}`)
    else if (Object.hasOwn(IMPOSSIBLE, word))
      settings.warn('options', `${word} cannot be had: ${IMPOSSIBLE[word]}`)
    else if (Object.hasOwn(COMMANDS, word))
      settings.wrong('options', `${word} is not an option here: use ${quotedCommand([COMMANDS[word] ?? ''])}`)
    else settings.wrong('options', `there is no option ${JSON.stringify(word)}${didYouMean(word, known())}`)
  }
  return {
    pkgcache: given.includes('pkgcache'),
    versionedCache: given.includes('versioned_cache'),
    bindist: given.includes('bindist'),
    sticky: given.includes('sticky-config'),
    rebuild: given.includes('clear-autoresume'),
  }
}

const known = (): string[] => [
  ...HONOURED,
  ...[WITHOUT_EFFECT, IMPOSSIBLE, COMMANDS].flatMap((words) => Object.keys(words)),
]
