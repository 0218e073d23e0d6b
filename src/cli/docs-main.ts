// The program `node lib/cli/docs-main.js`: brings what of the documents is made from tables up to date, in the checkout that it is
// part of. `npm run docs` runs it; tests hold the documents against the same functions.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT } from '../files/own.js'
import { optionTable, withOptionTable } from './texts/manual-table.js'

const manual = path.join(PROJECT, 'docs/manual.md')
await writeFile(manual, withOptionTable(await readFile(manual, 'utf8'), optionTable()))
