// The keys of stage4/: what the last stage installs, copies, runs, adds and takes away.

import path from 'node:path'
import { kindAtSync } from '../files/look.js'
import type { StageDefinitions } from '../sdk/definition.js'
import { isAbsolutePath, isAtom, isPackageName, isService, isSet, isUseWord } from '../sdk/read/grammar.js'
import type { SpecKey } from './read/keys.js'
import type { Settings } from './read/settings.js'

type Stage4 = StageDefinitions['stage4']

/** What stage 4 does, and what a definition has no word for. */
export interface Stage4Spec {
  readonly definition: Stage4
  /** Patterns of `stage4/rm`. */
  readonly remove: readonly string[]
}

/** A stage 4 that does nothing: for specs of the other stages. */
export const NO_STAGE4: Stage4 = {
  packages: [],
  use: [],
  rootOverlays: [],
  unmerge: [],
  rcadd: [],
  rcdel: [],
  groups: [],
  users: [],
  sshPublicKeys: [],
  crossdev: false,
  archiveRepos: false,
  empty: [],
  rm: [],
}

/** Reads the keys of stage4/; `@system` is updated first, as catalyst does it. */
export function readStage4(settings: Settings): Stage4Spec {
  const words = (key: SpecKey, kind: Kind): string[] => wordsOf(settings, key, kind)
  const fsscript = settings.one('stage4/fsscript')
  if (fsscript !== undefined && !FILE.test(fsscript))
    settings.wrong('stage4/fsscript', `expected ${FILE.expected}, found ${JSON.stringify(fsscript)}`)
  const rm = words('stage4/rm', IN_ROOT)
  refuseKernels(settings)
  return {
    definition: {
      ...NO_STAGE4,
      packages: ['@system', ...words('stage4/packages', PACKAGE)],
      use: words('stage4/use', USE),
      unmerge: words('stage4/unmerge', PACKAGE),
      rcadd: words('stage4/rcadd', SERVICE),
      rcdel: words('stage4/rcdel', SERVICE),
      groups: words('stage4/groups', GROUP),
      users: words('stage4/users', USER),
      sshPublicKeys: words('stage4/ssh_public_keys', KEY).map((word) => {
        const [user = '', ...file] = word.split('=')
        return { user, file: file.join('=') }
      }),
      // As catalyst copies them, with rsync -a.
      rootOverlays: words('stage4/root_overlay', FOLDER).map((each) => ({
        path: path.resolve(each),
        owners: 'kept',
      })),
      ...(fsscript === undefined ? {} : { fsscript: path.resolve(fsscript) }),
      empty: words('stage4/empty', IN_ROOT),
      rm: rm.filter((word) => !isPattern(word)),
    },
    remove: rm.filter(isPattern),
  }
}

/** A kind of words. */
interface Kind {
  readonly expected: string
  readonly test: (word: string) => boolean
  /** A lone word may be several, parted by commas. */
  readonly commas?: true
}

const isPattern = (word: string): boolean => /[*?[]/.test(word)
const isAccount = (word: string): boolean => /^[a-z_][a-z0-9._-]{0,30}$/.test(word)

const FOLDER: Kind = {
  expected: 'a folder that is there',
  test: (word) => kindAtSync(word) === 'a folder',
}
const FILE: Kind = { expected: 'a file that is there', test: (word) => kindAtSync(word) === 'a file' }
const IN_ROOT: Kind = { expected: 'an absolute path inside the root', test: isAbsolutePath }
const USE: Kind = { expected: 'a USE flag', test: isUseWord }
const SERVICE: Kind = { expected: 'a service, perhaps with "|" and a runlevel', test: isService }
const GROUP: Kind = { expected: 'the name of a group', test: isAccount, commas: true }
/** emerge takes a name without its category too. */
const PACKAGE: Kind = {
  expected: 'a package or set',
  test: (word) => isAtom(word) || isSet(word) || isPackageName(word),
}
const USER: Kind = {
  expected: 'a user, perhaps with "=" and groups, by commas',
  test: (word) => {
    const [name = '', groups, ...more] = word.split('=')
    return more.length === 0 && isAccount(name) && (groups?.split(',') ?? []).every(isAccount)
  },
}
const KEY: Kind = {
  expected: 'a user, "=" and a file that is there',
  test: (word) => {
    const [name = '', ...file] = word.split('=')
    return isAccount(name) && isAbsolutePath(file.join('=')) && FILE.test(file.join('='))
  },
  commas: true,
}

/** The words of a key that are of a kind; others are noted. */
function wordsOf(settings: Settings, key: SpecKey, { expected, test, commas }: Kind): string[] {
  const words = settings.many(key)
  const parted = words.length === 1 && commas === true ? (words[0] ?? '').split(',') : words
  for (const word of parted)
    if (!test(word)) settings.wrong(key, `expected ${expected}, found ${JSON.stringify(word)}`)
  return parted.filter(test)
}

function refuseKernels(settings: Settings): void {
  if (settings.many('boot/kernel').length > 0)
    settings.wrong('boot/kernel', 'no kernel is built here; leave the key out, and let a fsscript build one')
  for (const key of ['stage4/gk_mainargs', 'stage4/linuxrc'] as const)
    if (settings.has(key)) settings.notice(key, 'has no effect: no kernel is built')
}
