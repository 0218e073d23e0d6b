// One flag for each place that can set USE, in the miniature SDK: what app-misc/alpha (stages 1 to 3) and dev-mini/sdk (stage 4)
// are built with says which places counted. docs/catalyst.md has the same table; both were measured with catalyst.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { writeFiles } from './catalyst-root.js'

/** The places by their flags, and the stages in which their flag is on, by catalyst and natively. */
export const USE_TABLE: Readonly<Record<string, { readonly place: string; readonly on: string }>> = {
  by_force: { place: "a profile's `use.force`", on: '1 3 4' },
  by_iuse: { place: '`+` in the IUSE of the ebuild', on: '3 4' },
  by_defaults: { place: "a profile's `make.defaults`", on: '3 4' },
  by_profile: { place: "a profile's `package.use`", on: '3 4' },
  by_bootstrap: { place: 'BOOTSTRAP_USE of a profile', on: '1' },
  by_conf: { place: '`make.conf` of `portage_confdir`', on: '' },
  by_own_profile: { place: '`profile/make.defaults` of `portage_confdir`', on: '3 4' },
  by_package_use: { place: '`package.use` of `portage_confdir`', on: '1 3 4' },
  by_package_env: { place: '`package.env` of `portage_confdir`', on: '1 3 4' },
  bindist: { place: 'option `bindist`', on: '1 3 4' },
  by_stage4: { place: '`stage4/use`', on: '4' },
  by_envscript: { place: 'the `envscript`', on: '1 3 4' },
  by_caller: { place: 'the environment of the command', on: '' },
  kept_by_package_use: { place: '`package.use`, against `stage4/use`', on: '1 3 4' },
  denied_by_package_use: { place: '`stage4/use`, against `package.use`', on: '' },
  denied_by_stage4: { place: "a profile's `package.use`, against `stage4/use`", on: '3' },
}

const FLAGS = Object.keys(USE_TABLE)
const PACKAGES = ['app-misc/alpha', 'dev-mini/sdk']
const each = (words: string): string => PACKAGES.map((name) => `${name} ${words}\n`).join('')

/** `stage4/use` of the table. */
export const STAGE4_USE = 'by_stage4 -kept_by_package_use denied_by_package_use -denied_by_stage4'

/** Puts the flags into the two repos of a definition in `sdk`: the ebuilds tell which of theirs are on, in `flags` of their folder, and have a manual. */
export function plantUseFlags(sdk: string): void {
  const repo = (name: string): string => path.join(sdk, 'repos', name)
  for (const file of ['main/app-misc/alpha/alpha-1.ebuild', 'overlay/dev-mini/sdk/sdk-1.ebuild']) {
    const name = path.basename(path.dirname(file))
    const text = readFileSync(repo(file), 'utf8')
    const iuse = FLAGS.map((flag) => (flag === 'by_iuse' ? `+${flag}` : flag)).join(' ')
    const tell = `src_install() {
	local flag
	insinto /usr/share/${name}
	insinto /usr/share/doc/${name}
	newins - readme <<<'text'
	insinto /usr/share/man/man1
	newins - ${name}.1 <<<'text'
	insinto /usr/share/${name}
	newins - flags <<<"$(for flag in ${FLAGS.join(' ')}; do ! use "\${flag}" || echo "\${flag}"; done)"
`
    writeFileSync(
      repo(file),
      text
        .replace('src_install() {\n', tell)
        .replace(/^KEYWORDS=.*$/m, `$&\nIUSE="${iuse}"`)
        .replace('\nIUSE="bootstrap', '\nIUSE+=" bootstrap'),
    )
  }
  const defaults = 'main/profiles/base/make.defaults'
  writeFileSync(
    repo(defaults),
    readFileSync(repo(defaults), 'utf8')
      .replace('USE="fancy"', 'USE="fancy by_defaults"')
      .replace('"wanted"', '"wanted by_bootstrap"'),
  )
  writeFiles(repo('overlay/profiles/sdk'), {
    'use.force': 'by_force\n',
    'package.use': each('by_profile denied_by_stage4'),
  })
}

/** The files of `portage_confdir`. */
export const USE_CONFDIR: Readonly<Record<string, string>> = {
  'make.conf': 'USE="by_conf"\n',
  'profile/make.defaults': 'USE="by_own_profile"\n',
  'package.use/flags': each('by_package_use kept_by_package_use -denied_by_package_use'),
  'package.env': each('flags'),
  'env/flags': 'USE="by_package_env"\n',
}

/** What `flags` of each stage has to be, one flag a line. */
export const flagsOf = (stage: number): string =>
  FLAGS.filter((flag) => USE_TABLE[flag]?.on.includes(`${stage}`))
    .map((flag) => `${flag}\n`)
    .join('') || '\n'
