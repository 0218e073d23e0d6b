// The program `node lib/cli/texts-main.js FOLDER`: writes into the bundled program what is made from its tables: help, man pages,
// completions; and the licences of the libraries that the bundle holds. Run by scripts/setup.sh when it bundles.

import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { PROJECT } from '../files/own.js'
import { programVersion } from '../sdk/program-version.js'
import { helpText } from './arguments/help.js'
import { VERB_NAMES } from './arguments/verbs.js'
import { COMPLETIONS } from './commands/completion.js'
import { manPage, pageName } from './texts/man-page.js'

const [, , folder = 'lib'] = process.argv

/** The texts by their names below the folder. */
function texts(): Record<string, string> {
  const help = Object.fromEntries(VERB_NAMES.map((verb) => [`help/${verb}.txt`, `${helpText(verb)}\n`]))
  return {
    ...help,
    'help/bootstrap_sdk.txt': `${helpText()}\n`,
    'help/version_info.txt': `bootstrap_sdk ${programVersion()}\n`,
    ...Object.fromEntries(
      [undefined, ...VERB_NAMES].map((verb) => [`man/${pageName(verb)}.1`, manPage(programVersion(), verb)]),
    ),
    'completions/bootstrap_sdk.bash': COMPLETIONS.bash(),
    'completions/_bootstrap_sdk': COMPLETIONS.zsh(),
    'completions/bootstrap_sdk.fish': COMPLETIONS.fish(),
    'LICENSES.txt': licences(),
  }
}

/**
 * The licences of the npm packages in the bundle: the bundler names each file that it takes in a comment, or, where there are none,
 * in a list beside what it made.
 */
function licences(): string {
  const names = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js') && !file.endsWith('.meta.json')) continue
    const text = readFileSync(path.join(folder, file), 'utf8')
    for (const [, name = ''] of text.matchAll(/^(?:\/\/ | *")node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm))
      names.add(name)
  }
  return [...names]
    .sort()
    .map((name) => {
      const home = path.join(PROJECT, 'node_modules', name)
      const file = readdirSync(home).find((each) => /^licen[cs]e/i.test(each))
      return `${name}\n\n${file === undefined ? 'no text\n' : readFileSync(path.join(home, file), 'utf8')}`
    })
    .join('\n')
}

for (const [name, text] of Object.entries(texts())) {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
}
