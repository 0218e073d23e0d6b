// A small catalyst root for specs: a snapshot, another repo, a seed archive, a conf and a spec. Nothing in it builds.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { isInstalled } from '../../src/cli/host/host-tools.js'
import { ARCHS, architecture } from '../../src/sdk/architecture.js'

/** Why a test that makes a squashfs file is left out here, or false. */
export const NO_SQUASHFS =
  isInstalled('mksquashfs') || process.env.CI !== undefined ? false : 'needs mksquashfs (squashfs-tools)'

/** Writes `files`, by path below `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
}

/** A catalyst root that goes with its test; `path` joins below it. */
export interface SpecRoot {
  readonly path: (...parts: string[]) => string
  /** Packs a seed at `builds/NAME` with these files, by tar's choice of compression. */
  seed(name: string, files?: Readonly<Record<string, string>>): void
  /** Writes `x.spec`: the given lines over those that are always needed; an empty value takes one away. */
  spec(lines: Readonly<Record<string, string>>): string
  /** Writes `catalyst.conf`: the given lines after storedir and repo_name. */
  conf(...lines: string[]): string
}

const ALWAYS = {
  subarch: ARCHS[0],
  target: 'stage3',
  version_stamp: '20260102T030405Z',
  rel_type: '23.0-default',
  profile: 'default/linux',
  snapshot_treeish: 'abc',
  source_subpath: `23.0-default/stage2-${ARCHS[0]}-20260102T030405Z`,
}

/** Makes the root: the snapshot `abc` of the repo `main` is a folder, the repo `extra` is at `extra`. */
export function specRoot(t: TestContext): SpecRoot {
  const root = mkdtempSync(path.join(tmpdir(), 'spec-root-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const below = (...parts: string[]): string => path.join(root, ...parts)
  writeFiles(root, {
    'snapshots/main-abc/profiles/repo_name': 'main\n',
    'snapshots/main-abc/profiles/default/linux/eapi': '8\n',
    'extra/profiles/repo_name': 'extra\n',
  })
  return {
    path: below,
    seed(
      name,
      files = { 'etc/portage/make.conf': `CHOST="${architecture(ALWAYS.subarch).cpu}-seed-linux-gnu"\n` },
    ) {
      const content = mkdtempSync(path.join(root, 'seed-'))
      writeFiles(content, files)
      mkdirSync(path.dirname(below('builds', name)), { recursive: true })
      execFileSync('tar', [
        '--auto-compress',
        '--create',
        '--file',
        below('builds', name),
        '-C',
        content,
        '.',
      ])
    },
    spec(lines) {
      const all = Object.entries({ ...ALWAYS, ...lines }).filter(([, value]) => value !== '')
      writeFileSync(below('x.spec'), all.map(([key, value]) => `${key}: ${value}\n`).join(''))
      return below('x.spec')
    },
    conf(...lines) {
      const own = [`storedir = "${root}"`, 'repo_name = "main"', ...lines, '']
      writeFileSync(below('catalyst.conf'), own.join('\n'))
      return below('catalyst.conf')
    },
  }
}
