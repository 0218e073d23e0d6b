// Runs shellcheck over every shell script of the project (launcher, stage scripts, CI). A missing shellcheck fails.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { globSync, readFileSync } from './source-files.mjs'

const named = ['bootstrap_sdk', 'run_tests', '.ci/run'].filter((file) => existsSync(file))
const found = ['stages', 'src', 'tests', 'bench', 'scripts'].flatMap((folder) => globSync(folder, '.sh'))
const scripts = [...named, ...found].filter((file) =>
  /^#!.*\b(ba)?sh\b|^# shellcheck shell=/.test(readFileSync(file)),
)
const result = spawnSync('shellcheck', ['--external-sources', '--source-path=SCRIPTDIR', ...scripts], {
  stdio: 'inherit',
})
if (result.error) console.error(`shellcheck cannot run (${result.error.message}): apt-get install shellcheck`)
process.exitCode = result.status ?? 1
