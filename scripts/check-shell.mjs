// Runs shellcheck over every shell script of the project (launcher, stage scripts, CI). A missing shellcheck fails. So do two
// functions of one name in what the stages source, since the later one would silently take the other's place, and a `grep -q`
// behind a pipe.

import { spawnSync } from 'node:child_process'
import { filesBelow, textOf } from './source-files.mjs'

// Whatever says that it is bash, by its first line; programs have no suffix.
const scripts = filesBelow('.', '').filter((file) =>
  /^(#!.*\b(ba)?sh\b|# shellcheck shell=)/.test(textOf(file)),
)
const result = spawnSync('shellcheck', ['--external-sources', '--source-path=SCRIPTDIR', ...scripts], {
  stdio: 'inherit',
})
if (result.error) console.error(`shellcheck cannot run (${result.error.message}): apt-get install shellcheck`)

const defined = new Map()
for (const file of scripts.filter((name) => /^(\.\/)?stages\/lib\//.test(name)))
  for (const [, name] of textOf(file).matchAll(/^(\w+)\(\)/gm))
    defined.set(name, [...(defined.get(name) ?? []), file])
const twice = [...defined].filter(([, files]) => files.length > 1)
for (const [name, files] of twice) console.error(`${name}() is defined in ${files.join(' and ')}`)
const cutOff = scripts
  .filter((name) => /^(\.\/)?stages\//.test(name))
  .filter((name) => /\|\s*grep\s+-\w*q/.test(textOf(name)))
for (const file of cutOff)
  console.error(
    `${file}: grep -q behind a pipe ends early, and with pipefail what it reads from fails by SIGPIPE`,
  )
process.exitCode = result.status === 0 && twice.length === 0 && cutOff.length === 0 ? 0 : 1
