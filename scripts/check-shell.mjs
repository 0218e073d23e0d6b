// Runs shellcheck over every shell script of the project (launcher, stage scripts, CI). A missing shellcheck fails.

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from './source-files.mjs'

// Whatever says that it is bash, by its first line; programs have no suffix.
const scripts = globSync('.', '').filter((file) =>
  /^(#!.*\b(ba)?sh\b|# shellcheck shell=)/.test(readFileSync(file)),
)
const result = spawnSync('shellcheck', ['--external-sources', '--source-path=SCRIPTDIR', ...scripts], {
  stdio: 'inherit',
})
if (result.error) console.error(`shellcheck cannot run (${result.error.message}): apt-get install shellcheck`)
process.exitCode = result.status ?? 1
