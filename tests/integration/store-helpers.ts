// What the store's tests share: a directory of their own, and when a test may be skipped.

import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { removeTree } from '../../src/store/disk/remove.js'
import { createLayout, type Layout } from '../../src/store/layout.js'

/** A fresh directory that goes with the test; {@link removeTree} refuses if a mount is left in it. */
export async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'sdk-store-'))
  t.after(() => removeTree(directory, os.tmpdir()))
  return directory
}

/** A layout whose root is a fresh directory. */
export async function temporaryLayout(t: TestContext): Promise<Layout> {
  return createLayout({ root: await temporary(t), type: 'test-sdk', arch: 'amd64', version: '1.0' })
}

/** Options of a test that needs root: skipped without, except in CI, where it then fails. */
export function needsRoot(): { skip: string | false } {
  const lacking = process.getuid?.() !== 0 && process.env.CI === undefined
  return { skip: lacking ? 'needs root' : false }
}
