// The ground of the table of inputs: what every key and option takes, `plan` in this process, and what its end is worth.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseCommandLine } from '../../src/cli/arguments/command-line.js'
import { readEnvironment } from '../../src/cli/environment.js'
import { asCalled } from '../../src/cli/request/asked.js'
import { makeRunRequest } from '../../src/cli/request/request.js'
import { SdkError } from '../../src/errors.js'
import { forecastRun } from '../../src/forecast/forecast.js'
import { writeSpecFiles } from '../../src/forecast/write-specs.js'
import { must } from '../../src/process/run.js'
import { findLayout } from '../../src/request/catalyst-root.js'
import { removeTree } from '../../src/store/disk/remove.js'
import type { Kind } from './cli-input-kinds.js'

/** Files and folders that all keys take; the whole table is made of copies of them. */
let base = ''

/** The path of `name` there. */
export const at = (name: string): string => path.join(base, name)

/** Makes them. */
export async function makeGround(): Promise<void> {
  base = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'in-')))
  chmodSync(base, 0o755)
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true })
    writeFileSync(at(name), text)
  }
  for (const [folder, name] of [
    ['repo', 'main-repo'],
    ['over', 'overlay'],
    ['more', 'more'],
  ] as const) {
    put(`${folder}/profiles/repo_name`, `${name}\n`)
    put(`${folder}/profiles/sdk/make.defaults`, '')
  }
  put('sdk/sdk.toml', definition({}))
  put('base/sdk.toml', 'cflags = "-Os"\n')
  put('version.txt', 'FLATCAR_VERSION_ID=1.0.0\n')
  put('conf/package.use', 'a/b c\n')
  put('root/etc/motd', 'x')
  put('rel/etc/os-release', 'ID=x\n')
  put('fs.sh', 'true\n')
  put('key.pub', 'ssh-ed25519 AAAA\n')
  put('urls', 'MIRROR="https://mirror.invalid"\n')
  put('ring.gpg', 'x')
  put(
    'groups.toml',
    `format = 1\ninclude = []\nprepare = "fs.sh"\ngroup = []\n[portage]\nversion = "1"\nsha256 = "a"\n`,
  )
  put('tree/etc/os-release', 'ID=x\n')
  put('env.sh', 'export FEATURES="x"\n')
  await must({ argv: ['tar', '-C', at('tree'), '--zstd', '-cf', at('seed.tar.zst'), '.'] })
  for (const folder of ['cr', 'out', 'scripts', 'specs', 'store/snapshots'])
    mkdirSync(at(folder), { recursive: true })
  put('scripts/version.txt', 'FLATCAR_VERSION_ID=1.0.0\n')
  put('scripted/sdk.toml', definition({ version_file: '{scripts}/version.txt' }))
  put('a.conf', `storedir = "${at('store')}"\nrepo_name = "main-repo"\n`)
  put('a.spec', spec({}))
}

/** Removes them. */
export const removeGround = (): Promise<void> => removeTree(base, path.dirname(base))

/** A definition with `values` by key. */
export function definition(values: Readonly<Record<string, string>>): string {
  const text = (value: string): string => JSON.stringify(value)
  const line = (key: string, name = key.split('.').at(-1) ?? ''): string => {
    const value = values[key]
    return value === undefined ? '' : `${name} = ${text(value)}\n`
  }
  const list = (key: string, prefix = ''): string => {
    const value = values[key]
    return value === undefined ? '' : `${key.split('.').at(-2)} = [${text(`${prefix}${value}`)}]\n`
  }
  const added = values['more_repos.*.path']
  const more =
    added === undefined
      ? ''
      : `[[more_repos]]\nname = "more"\npath = ${text(added)}\narchive = "/var/gentoo/repos/more"\n`
  return `format = 1
name = "test"
type = "test-sdk"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "sdk"
${line('extends')}${line('version_file') || 'version_id = "1.0.0"\n'}${line('portage_confdir')}${list('interpreter.*')}
[[repos]]
name = "main-repo"
path = ${text(values['repos.*.path'] ?? at('repo'))}
archive = "/var/gentoo/repos/main-repo"
main = true
[[repos]]
name = "overlay"
path = ${text(at('over'))}
archive = "/var/gentoo/repos/overlay"
${more}[stage4]
${line('stage4.root_overlay')}${line('stage4.release_files')}${line('stage4.fsscript')}${list('stage4.ssh_public_keys.*', 'core=')}
[seed]
${'seed.settings_file' in values ? 'urls = ["{MIRROR}/{version}.tar.zst"]\n' : ''}${line('seed.settings_file')}${line('seed.keyring')}
${'seed.distribution.groups' in values ? '[seed.distribution]\n' : ''}${line('seed.distribution.groups')}`
}

/** A spec with `values` by key. */
export function spec(values: Readonly<Record<string, string>>): string {
  const { target = 'stage3', ...keys } = values
  const common = {
    ...{ target, version_stamp: '1', rel_type: 'test', profile: 'main-repo:sdk', subarch: 'amd64' },
    ...{ snapshot_treeish: at('repo'), source_subpath: 'seed', 'stage4/packages': 'a/b' },
    ...keys,
  }
  return Object.entries(common)
    .filter(([key]) => target === 'stage4' || !key.startsWith('stage4/'))
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}

/** What `plan` does with `args`, in this process. @returns the error, if there is one */
export async function plan(args: readonly string[]): Promise<unknown> {
  try {
    const environment = readEnvironment({})
    const invocation = parseCommandLine(['plan', ...args], environment)
    assert.equal(invocation.kind, 'plan')
    if (invocation.kind !== 'plan') return undefined
    const request = await makeRunRequest(asCalled(invocation), environment)
    const layout = await findLayout(request)
    const forecast = await forecastRun(request, layout)
    const { writeSpecs } = invocation.options
    if (writeSpecs !== undefined)
      await writeSpecFiles(request, { folder: path.resolve(writeSpecs), layout, forecast })
    return undefined
  } catch (error) {
    return error
  }
}

/** Holds the end of `what`, where `kind` was given for `key`, to what the kind is worth. */
export function judge(
  what: string,
  error: unknown,
  { key, kind, works }: { key: string; kind: Kind; works: boolean | undefined },
): void {
  if (error === undefined) {
    assert.notEqual(works, false, `${what}: taken`)
    return
  }
  assert.ok(error instanceof SdkError, `${what}: ${error instanceof Error ? error.stack : String(error)}`)
  assert.notEqual(works, true, `${what}: ${error.message}`)
  assert.ok([2, 3, 4].includes(error.exitCode), `${what}: ${error.code}`)
  const names = [key, kind.value.slice(0, 200), path.basename(kind.value).slice(0, 60)].filter(
    (each) => each !== '',
  )
  const message = error.message
  assert.ok(
    names.some((each) => message.includes(each)),
    `${what}: names neither key nor file: ${message}`,
  )
  assert.match(message, /expected|found|there is no|needs a value|not an ebuild repository|no SDK/, what)
}

/** Options that a plan of the definitions here needs beside `--sdk`. */
export const place = (): string[] => ['--seed_tarball', at('seed.tar.zst'), '--catalyst_root', at('cr')]
