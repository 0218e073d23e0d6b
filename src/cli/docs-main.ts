// The program `node lib/cli/docs-main.js`: brings what of the documents is made from tables up to date, in the checkout that it is
// part of. `npm run docs` runs it; tests hold the documents against the same functions.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT } from '../files/own.js'
import { jsonSchemas } from './texts/json-schemas.js'
import { optionTable, withOptionTable } from './texts/manual-table.js'

const manual = path.join(PROJECT, 'docs/manual.md')
await writeFile(manual, withOptionTable(await readFile(manual, 'utf8'), optionTable()))

const folder = path.join(PROJECT, 'schemas')
await mkdir(folder, { recursive: true })
for (const [name, schema] of Object.entries(jsonSchemas()))
  await writeFile(path.join(folder, name), `${JSON.stringify(schema, null, 2)}\n`)
