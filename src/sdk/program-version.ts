// Which version of this program runs.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../files/own.js'

/** The version in package.json, as in `0.1.0`. */
export function programVersion(): string {
  const file = path.join(PROJECT, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
