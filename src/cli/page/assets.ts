// The assets of the report's page, as scripts/setup.sh has bundled them.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../files/own.js'
import type { Assets } from '../../report/assets.js'

let read: Assets | undefined

/** They are read once. @throws the system's error where the program is not complete */
export function pageAssets(): Assets {
  const text = (name: string): string => readFileSync(path.join(PROJECT, 'lib/report', name), 'utf8').trim()
  read ??= { style: text('page.css'), script: text('page.js') }
  return read
}
