// A project of one source file, with the real launcher, the real npm and the real compiler, for launcher.test.ts.

import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { type Captured, capture } from '../../src/process/run.js'
import { temporary } from './store-helpers.js'

/** The project that is tested: node --test is started in it. */
const PROJECT = process.cwd()

const MAIN = `
declare const process: any
const [directory, file] = ['/proc/self/fd', 'node:fs']
const { readdirSync, realpathSync } = await import(file)
const links = readdirSync(directory).map((fd: string) => { try { return realpathSync(directory + '/' + fd) } catch { return '' } })
console.log(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), flags: process.execArgv, links }))
declare const console: any
process.exitCode = Number(process.argv[2] ?? 0)
export {}
`
const LOCK = {
  name: 'mini',
  lockfileVersion: 3,
  packages: {
    '': { name: 'mini', devDependencies: { compiler: 'file:./compiler' } },
    compiler: {
      name: 'compiler',
      version: '1.0.0',
      dev: true,
      bin: { tsc: 'tsc.sh', esbuild: 'esbuild.sh' },
    },
    'node_modules/compiler': { resolved: 'compiler', link: true },
  },
}
const OPTIONS = {
  compilerOptions: {
    ...{ target: 'ES2023', module: 'NodeNext', rootDir: '.', outDir: 'dist', types: [], strict: true },
    ...{ incremental: true, tsBuildInfoFile: 'dist/.tsbuildinfo', noEmitOnError: true },
  },
  include: ['src/**/*.ts', 'tests/**/*.ts'],
}

/** Makes the project in a fresh directory, as a clone has it: neither installed nor compiled. */
export async function miniProject(t: TestContext): Promise<string> {
  const directory = path.join(await temporary(t), 'a project')
  const file = async (name: string, content: string | object): Promise<void> => {
    const target = path.join(directory, name)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content))
  }
  await file('src/cli/main.ts', MAIN)
  await file('package.json', {
    name: 'mini',
    type: 'module',
    scripts: JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')).scripts,
    devDependencies: { compiler: 'file:./compiler' },
  })
  await file('package-lock.json', LOCK)
  await file('tsconfig.json', OPTIONS)
  await file('compiler/package.json', {
    ...{ name: 'compiler', version: '1.0.0' },
    bin: { tsc: 'tsc.sh', esbuild: 'esbuild.sh' },
  })
  for (const tool of ['tsc', 'esbuild']) {
    await file(`compiler/${tool}.sh`, `#!/bin/sh\nexec '${PROJECT}/node_modules/.bin/${tool}' "$@"\n`)
    await chmod(path.join(directory, `compiler/${tool}.sh`), 0o755)
  }
  for (const name of ['bootstrap_sdk', 'run_tests', 'scripts/setup.sh', 'scripts/build.sh']) {
    await cp(path.join(PROJECT, name), path.join(directory, name), { recursive: true })
  }
  return directory
}

/** Runs `argv` with the clean environment of host tools and `extra`. */
export async function execute(
  argv: [string, ...string[]],
  extra: Record<string, string> = {},
  cwd = '/',
): Promise<Captured> {
  const captured = await capture({ argv, env: toolEnvironment(extra), cwd })
  return { ...captured, stderr: captured.stderr.replace(STILL, '') }
}

/** What the launcher says from time to time where npm takes long, on a busy machine say. */
const STILL = /^\w+: still at it after \d+ s\n/gm

/** Compiles the tests of a project, as run_tests does before it runs them. */
export const compileTests = (project: string): Promise<Captured> =>
  execute([
    'bash',
    ...[
      '-c',
      'set -e; project=$1 me=run_tests; source "$1/scripts/setup.sh"; prepare_tests',
      'bash',
      project,
    ],
  ])

/** A directory for PATH that holds only the named programs. */
export async function onlyPrograms(t: TestContext, names: readonly string[]): Promise<string> {
  const directory = await temporary(t)
  for (const name of names) {
    const { stdout } = await execute(['sh', '-c', 'command -v "$1"', 'sh', name])
    await symlink(stdout.trim(), path.join(directory, name))
  }
  return directory
}
