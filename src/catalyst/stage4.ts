// The keys of stage4/: what the last stage installs, copies, runs, adds and takes away.

import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import type { StageDefinitions } from '../sdk/definition.js'
import { isAbsolutePath, isAtom, isPackageName, isService, isSet, isUseWord } from '../sdk/grammar.js'
import type { SpecKey } from './keys.js'
import type { Settings } from './settings.js'

type Stage4 = StageDefinitions['stage4']

/** What stage 4 does, and what a definition has no word for. */
export interface Stage4Spec {
  readonly definition: Stage4
  /** Root overlays after the first. */
  readonly rootOverlays: readonly string[]
  /** Patterns of `stage4/rm`. */
  readonly remove: readonly string[]
}

/** A stage 4 that does nothing: for specs of the other stages. */
export const NO_STAGE4: Stage4 = {
  packages: [],
  use: [],
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
  const each = eachOf(settings)
  const [rootOverlay, ...rootOverlays] = each('stage4/root_overlay', isFolder, 'a folder that is there').map(
    (folder) => path.resolve(folder),
  )
  const fsscript = settings.one('stage4/fsscript')
  if (fsscript !== undefined && !isFile(fsscript))
    settings.wrong('stage4/fsscript', `expected a file that is there, found ${fsscript}`)
  const rm = each('stage4/rm', isAbsolutePath, 'an absolute path inside the root')
  refuseKernels(settings)
  return {
    definition: {
      ...NO_STAGE4,
      packages: ['@system', ...each('stage4/packages', isPackage, 'a package or set')],
      use: each('stage4/use', isUseWord, 'a USE flag'),
      unmerge: each('stage4/unmerge', isPackage, 'a package'),
      rcadd: each('stage4/rcadd', isService, 'a service, perhaps with "|" and a runlevel'),
      rcdel: each('stage4/rcdel', isService, 'a service, perhaps with "|" and a runlevel'),
      groups: each('stage4/groups', isAccount, 'the name of a group', ','),
      users: each('stage4/users', isUser, 'a user, perhaps with "=" and groups, by commas'),
      sshPublicKeys: each('stage4/ssh_public_keys', isKey, 'a user, "=" and a file that is there', ','),
      ...(rootOverlay === undefined ? {} : { rootOverlay }),
      ...(fsscript === undefined ? {} : { fsscript: path.resolve(fsscript) }),
      empty: each('stage4/empty', isAbsolutePath, 'an absolute path inside the root'),
      rm: rm.filter((word) => !isPattern(word)),
    },
    rootOverlays,
    remove: rm.filter(isPattern),
  }
}

/** Reads the words of a key that pass `test`, and notes those that do not. A lone word may be parted by `comma`. */
function eachOf(settings: Settings) {
  return (
    key: SpecKey,
    test: (word: string) => boolean,
    ...[expected, comma]: [string, string?]
  ): string[] => {
    const words = settings.many(key)
    const parted = words.length === 1 && comma !== undefined ? (words[0] ?? '').split(comma) : words
    for (const word of parted)
      if (!test(word)) settings.wrong(key, `expected ${expected}, found ${JSON.stringify(word)}`)
    return parted.filter(test)
  }
}

function refuseKernels(settings: Settings): void {
  if (settings.many('boot/kernel').length > 0)
    settings.wrong('boot/kernel', 'no kernel is built here; leave the key out, and let a fsscript build one')
  for (const key of ['stage4/gk_mainargs', 'stage4/linuxrc'] as const)
    if (settings.has(key)) settings.notice(key, 'has no effect: no kernel is built')
}

/** emerge takes a name without its category too. */
const isPackage = (word: string): boolean => isAtom(word) || isSet(word) || isPackageName(word)
const isPattern = (word: string): boolean => /[*?[]/.test(word)
const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
const isFile = (file: string): boolean => existsSync(file) && statSync(file).isFile()
const isAccount = (word: string): boolean => /^[a-z_][a-z0-9._-]{0,30}$/.test(word)

function isUser(word: string): boolean {
  const [name = '', groups, ...more] = word.split('=')
  return more.length === 0 && isAccount(name) && (groups === undefined || groups.split(',').every(isAccount))
}

function isKey(word: string): boolean {
  const [name = '', ...file] = word.split('=')
  return isAccount(name) && isAbsolutePath(file.join('=')) && isFile(file.join('='))
}
