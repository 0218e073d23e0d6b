// What a stage of the miniature SDK leaves beside its packages, as lines: of an archive of ours and of one that catalyst made of
// the same spec. docs/catalyst.md has the differences that are meant.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { memberText } from './archive-facts.js'

/** Packages' own files and Portage's notes of their builds. */
const LEFT_OUT = /^\.\/(?:usr\/(?!local)|var\/db\/pkg\/.|var\/cache\/edb\/.|$)/

/** Files whose text is the same on every machine. */
const SAME_TEXT =
  /^\.\/etc\/(?:TZ|locale\.gen|profile\.env|csh\.env|env\.d\/\w+|environment\.d\/.+|from-\w+|both|portage\/package\.use.*)$/

/** A line for each member: mode, owner, name, target of a link or digest of a text; and one for each variable of make.conf. */
export function listRoot(archive: string): string[] {
  const text = execFileSync('tar', ['--numeric-owner', '-tvf', archive], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const lines = text.split('\n').flatMap((line) => {
    const [, mode, owner, name = ''] = /^(\S+) +(\S+) +\d+ \S+ \S+ (.*)$/.exec(line) ?? []
    if (name === '' || LEFT_OUT.test(name)) return []
    const digest = !name.endsWith('/') && SAME_TEXT.test(name) ? ` ${digestOf(archive, name)}` : ''
    return [`${mode} ${owner} ${name}${digest}`]
  })
  const variables = memberText(archive, 'etc/portage/make.conf').match(/^\w+(?==)/gm) ?? []
  return [...lines, ...variables.map((name) => `make.conf ${name}`)].sort()
}

const digestOf = (archive: string, name: string): string =>
  createHash('sha256')
    .update(memberText(archive, name.slice(2)))
    .digest('hex')
    .slice(0, 12)

/** A difference that is meant: what a line has, whose it is, and in which stages. */
type Meant = readonly [side: 'ours' | 'catalyst', stages: string, line: RegExp]

/** As docs/catalyst.md explains them. */
const MEANT: readonly Meant[] = [
  ['ours', '1234', /^make\.conf CHOST$/],
  ['catalyst', '1', /^make\.conf USE$/],
  ['ours', '1', / \.\/etc\/portage\/make\.profile -> \.\.\/\.\.\/var/],
  ['catalyst', '1', / \.\/etc\/portage\/make\.profile -> \.\.\/\.\.\/\.\.\/\.\.\/var/],
  ['catalyst', '1', /^drwxr-xr-x 250\/250 \.\/var\/db\/repos\/\w+\/$/],
  ['catalyst', '23', /^drwxr-xr-x 0\/0 \.\/etc\/portage\/repos\.conf\/$/],
  ['catalyst', '234', / \.\/var\/log\/emerge(?:-fetch)?\.log$/],
  ['catalyst', '4', / \.\/etc\/resolv\.conf$/],
  ['catalyst', '4', / \.\/etc\/runlevels\/cron\/$/],
  ['ours', '4', / \.\/etc\/runlevels\/default\/$/],
  // rsync looks at size and second only: of two overlays' files that are alike in both, the first one stays.
  ['catalyst', '4', / \.\/etc\/(?:both|from-script) 87428fc52280$/],
  ['ours', '4', / \.\/etc\/(?:both|from-script) 0263829989b6$/],
  // What catalyst could not be asked for, or had to be (catalyst-specs.test.ts).
  ['catalyst', '2', / \.\/etc\/portage\/profile\/(?:make\.defaults)?$/],
  ['catalyst', '4', / \.\/etc\/portage\/(?:env\/old|package\.mask\/(?:old)?)$/],
  ['ours', '4', / \.\/etc\/portage\/package\.mask$/],
  ['ours', '4', / \.\/home\/ann\/\.ssh\//],
]

/** The lines that only one of both has and nothing explains; and which explanations were of use. */
export function explained(
  ours: readonly string[],
  theirs: readonly string[],
  stage: string,
): { unexplained: string[]; used: readonly Meant[] } {
  const sides = {
    ours: ours.filter((line) => !theirs.includes(line)),
    catalyst: theirs.filter((line) => !ours.includes(line)),
  }
  const fits = (side: Meant[0], line: string): Meant | undefined =>
    MEANT.find(
      ([whose, stages, pattern]) => whose === side && stages.includes(stage.slice(-1)) && pattern.test(line),
    )
  const all = (['ours', 'catalyst'] as const).flatMap((side) =>
    sides[side].map((line) => ({ line: `${side}: ${line}`, meant: fits(side, line) })),
  )
  return {
    unexplained: all.flatMap(({ line, meant }) => (meant === undefined ? [line] : [])),
    used: all.flatMap(({ meant }) => (meant === undefined ? [] : [meant])),
  }
}
