// What the end-to-end tests read from an archive and the files beside it.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { sideFiles } from '../../src/store/layout.js'

/** Names of the members, as CONTENTS has them. */
export function members(archive: string): string[] {
  const lines = gunzipSync(readFileSync(sideFiles(archive).contents))
    .toString('utf8')
    .split('\n')
  const line = /^\S+ +\S+ +\S+ \S+ \S+ (\.\/.*?)(?: -> .*| link to .*)?$/
  return lines.flatMap((each) => line.exec(each)?.[1] ?? [])
}

/** The text of one file, named without its leading `./`. */
export function memberText(archive: string, file: string): string {
  return execFileSync('tar', ['-xOf', archive, `./${file}`], { encoding: 'utf8', maxBuffer: 2 ** 26 })
}

const LEFTOVERS = [
  /^etc\/(?:resolv\.conf|machine-id|[^/]*-|portage\/patches(?:\/.*)?)$/,
  /^(?:dev|proc|run|sys|tmp|var\/tmp|var\/cache\/(?:binpkgs|distfiles)|var\/log\/portage)\/.+$/,
  /^var\/cache\/(?:carried|configure-answers)|envscript|bootstrap_sdk|chroot-functions|\.catalyst$/,
]

/** The program is in the SDK: its files, its entry in the database, its ebuild in the archived repo. */
const PROGRAM =
  /^(?:usr\/(?:bin|lib)|var\/gentoo\/repos\/coreos-overlay\/(?:metadata\/md5-cache\/)?coreos-devel)\/bootstrap_sdk(?:$|[-/])|^var\/db\/pkg\/coreos-devel\/bootstrap_sdk-/

/** Members that belong to a run, a build or a machine, and that no archive may have. */
export const leftoversOf = (archive: string): string[] =>
  members(archive).filter((name) => {
    const file = name.slice(2)
    return !PROGRAM.test(file) && LEFTOVERS.some((pattern) => pattern.test(file))
  })
