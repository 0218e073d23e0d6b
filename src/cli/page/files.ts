// The files of a version that its page leads to: logs, archives, and what lies beside these. Looks, and touches nothing.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { packageLogs, pathOf, stageLogs } from '../../inspect/logs/logs.js'
import type { LogLink, PageLink } from '../../report/facts.js'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES } from '../../sdk/stages.js'
import { type Layout, sideFiles } from '../../store/layout.js'
import type { Options } from '../arguments/options/table.js'

/** A file that the page leads to. */
export interface PageFile {
  readonly folder: string
  /** Below the folder; nothing on the way is followed. */
  readonly name: string
  /** Text for people; else an archive. */
  readonly isText: boolean
}

/** Where the page leads to for a file. */
export type HrefOf = (file: PageFile) => string

/** Relative to the page, which lies in the folder `from`. */
export const besides =
  (from: string): HrefOf =>
  ({ folder, name }) =>
    path.relative(from, path.join(folder, name)).split('/').map(encodeURIComponent).join('/')

/** The newest log of each package of each stage, and the logs of the stages themselves. */
export function logLinks(layout: Layout, hrefOf: HrefOf): LogLink[] {
  const seen = new Set<string>()
  const ofPackages = packageLogs(layout).flatMap((log): LogLink[] => {
    const key = `${log.stage} ${log.package}`
    if (seen.has(key)) return []
    seen.add(key)
    const { stage, folder, name } = log
    return [{ stage, package: log.package, text: pathOf(log), href: hrefOf({ folder, name, isText: true }) }]
  })
  const ofStages = STAGES.flatMap((stage) =>
    stageLogs(layout, stage).map(
      ({ folder, name }): LogLink => ({ stage, text: name, href: hrefOf({ folder, name, isText: true }) }),
    ),
  )
  return [...ofPackages, ...ofStages]
}

/** An archive and what lies beside it. */
export function archiveLinks(archive: string, hrefOf: HrefOf): PageLink[] {
  const { contents, digests, record, lineage } = sideFiles(archive)
  const files = [
    { file: archive, text: 'archive', isText: false },
    { file: record, text: 'record', isText: true },
    { file: digests, text: 'DIGESTS', isText: true },
    { file: contents, text: 'CONTENTS', isText: false },
    { file: lineage, text: 'what is left of the seed', isText: false },
    { file: `${archive}.sig`, text: 'signature', isText: false },
    { file: `${digests}.sig`, text: 'signature of DIGESTS', isText: false },
  ]
  return files
    .filter(({ file }) => existsSync(file))
    .map(({ file, text, isText }) => {
      const [folder, name] = [path.dirname(file), path.basename(file)]
      return { text, href: hrefOf({ folder, name, isText }) }
    })
}

/** A file that a run writes beside what the catalyst root has, where it was asked to: a trace, say. It is there when the run has ended. */
export interface WrittenBeside {
  readonly text: string
  /** Absolute. */
  readonly file: string
}

/** What a run with these options writes when it ends. */
export const writtenBeside = ({ trace, junit, tap, bundle }: Options): WrittenBeside[] =>
  Object.entries({ trace, 'test cases (JUnit)': junit, 'test cases (TAP)': tap, 'all logs': bundle }).flatMap(
    ([text, file]) => (file === undefined ? [] : [{ text, file: path.resolve(file) }]),
  )

/** What belongs to a version and is of none of its stages. */
export function versionLinks(layout: Layout, hrefOf: HrefOf, beside: readonly WrittenBeside[]): PageLink[] {
  const releases = COMPRESSIONS.flatMap((compression) =>
    archiveLinks(layout.release(compression), hrefOf).map(({ text, href }) => ({
      ...{ text: text === 'archive' ? 'the SDK' : `of the SDK: ${text}`, href },
    })),
  )
  const own = [{ text: 'what was asked', file: layout.asked }].filter(({ file }) => existsSync(file))
  return [
    ...releases,
    ...[...beside, ...own].map(({ text, file }) => ({
      ...{ text, href: hrefOf({ folder: path.dirname(file), name: path.basename(file), isText: true }) },
    })),
  ]
}
