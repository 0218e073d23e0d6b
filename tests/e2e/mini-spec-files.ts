// The specs of the miniature SDK's four stages, with what they name: for the native engine and for catalyst alike.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { must } from '../../src/process/run.js'
import { writeFiles } from '../helpers/catalyst-root.js'
import { plantUseFlags, STAGE4_USE, USE_CONFDIR } from '../helpers/use-table.js'

export const STAMP = '20260102T030405Z'
export const WEEK = '20260109T030405Z'
export const TYPE = 'spec/mini'

/** Portage's sandboxes have nothing to work with in the miniature seed. */
const FEATURES =
  '-sandbox -usersandbox -userpriv -userfetch -usersync -ipc-sandbox -pid-sandbox -network-sandbox -mount-sandbox -merge-sync'

/** Catalyst looks for Portage in `site-packages` only. */
const PORTAGE = `export PORTAGE_USERNAME="portage"
export PORTAGE_GRPNAME="portage"
if [ "\${clst_target}" = stage1 ] && [ ! -e /usr/lib/python3/site-packages/portage ]; then
	mkdir -p /usr/lib/python3/site-packages
	ln -s ../dist-packages/portage /usr/lib/python3/site-packages/portage
fi
`

/** Makes alpha of stage 1 need a package for its build that the seed, which was made before, does not have. */
function needHelper(main: string): void {
  const alpha = path.join(main, 'app-misc/alpha/alpha-1.ebuild')
  writeFileSync(
    alpha,
    readFileSync(alpha, 'utf8')
      .replace('SLOT="0"', 'SLOT="0"\nBDEPEND="build? ( app-misc/helper )"')
      .replace('src_install() {', 'src_install() {\n\tuse !build || helper || die'),
  )
  writeFiles(path.join(main, 'app-misc/helper'), {
    'helper-1.ebuild': [
      'EAPI=8\nDESCRIPTION="Needed to build alpha"\nS=$WORKDIR',
      'LICENSE="MIT"\nSLOT="0"\nKEYWORDS="amd64 arm64"',
      'src_install() {\n\tnewbin - helper <<<"#!/bin/bash"\n\tinsinto /etc/portage\n\tnewins - of-helper <<<""\n}\n',
    ].join('\n'),
  })
}

/** Where the specs are to be built. */
export interface SpecPlace {
  /** The catalyst root. */
  readonly root: string
  readonly seed: string
  /** The folder of the definition, whose repos are edited. */
  readonly sdk: string
  /** The folder of a repo. */
  repo(name: string): string
}

/** Writes the files of the specs into `folder`. */
export async function writeSpecs(place: SpecPlace, folder: string): Promise<void> {
  plantUseFlags(place.sdk)
  mkdirSync(path.join(place.root, 'snapshots'), { recursive: true })
  needHelper(place.repo('main'))
  const snapshot = path.join(place.root, 'snapshots/main-s1.sqfs')
  await must({ argv: ['mksquashfs', place.repo('main'), snapshot, '-quiet', '-no-progress'] })
  const common = [
    'subarch: k8',
    `rel_type: ${TYPE}`,
    `version_stamp: ${STAMP}`,
    'profile: overlay:sdk',
    'snapshot_treeish: s1',
    `repos:\n  ${place.repo('overlay')}`,
  ]
  const confdir = [`portage_confdir: ${folder}/confdir`, 'portage_prefix: releng']
  const spec = (stage: string, seed: string, ...lines: string[]): string =>
    [`target: ${stage}`, `source_subpath: ${seed}`, ...common, ...lines, ''].join('\n')
  const after = (stage: string): string => `${TYPE}/${stage}-k8-${STAMP}`
  const seed = path.relative(path.join(place.root, 'builds'), place.seed)
  writeFiles(folder, {
    'stage1.spec': spec('stage1', seed, 'update_seed: no', 'cflags: -O1 -pipe', ...confdir),
    'stage2.spec': spec('stage2', after('stage1')),
    'stage3.spec': spec('stage3', after('stage2'), ...confdir),
    'stage4.spec': spec(
      'stage4',
      after('stage3'),
      'keep_repos: main',
      'stage4/packages: dev-mini/sdk',
      `stage4/use: lucky ${STAGE4_USE}`,
      `portage_confdir: ${folder}/confdir4`,
      'portage_prefix: releng',
      `stage4/root_overlay: ${folder}/a ${folder}/b`,
      `stage4/fsscript: ${folder}/fs.sh`,
      'stage4/empty: /etc/emptied',
      'stage4/rm: /etc/gone /etc/*.gone',
      'stage4/unmerge: app-misc/alpha',
      'stage4/groups: builders',
      'stage4/users: ann=builders bob',
      `stage4/ssh_public_keys: ann=${folder}/ann.pub`,
      'stage4/rcadd: sshd|boot cron',
    ),
    'catalyst.conf': [
      `storedir = "${place.root}"`,
      'repo_name = "main"',
      'options = ["pkgcache", "bindist", "autoresume"]',
      'compression_mode = "zstd"',
      `envscript = "${folder}/rc"`,
      '',
    ].join('\n'),
    rc: 'export MAKEOPTS="-j2"\nexport FROM_ENVSCRIPT="yes"\nexport USE="by_envscript"\n',
    ...Object.fromEntries(
      ['confdir', 'confdir4'].flatMap((each) =>
        Object.entries(USE_CONFDIR).map(([name, body]) => [`${each}/${name}`, body]),
      ),
    ),
    'confdir/package.use/releng': 'app-misc/alpha -fancy\n',
    'confdir/package.use/own': 'dev-mini/late nothing\n',
    'confdir/env/old': 'A=1\n',
    'confdir/package.mask/old': '# nothing\n',
    // Without env/old, and with a file in the place of a folder.
    'confdir4/package.use/releng': 'app-misc/alpha -fancy\n',
    'confdir4/package.use/own': 'dev-mini/late nothing\n',
    'confdir4/package.mask': '# nothing\n',
    'fs.sh':
      '#!/bin/bash\nsource /tmp/chroot-functions.sh\nrun_merge --version >/dev/null\ncp /etc/both /etc/from-script\n',
    'a/etc/from-a': 'a\n',
    'a/etc/both': 'a\n',
    'a/etc/gone': '',
    'a/etc/x.gone': '',
    // In the place of OpenRC's: says what it was asked for.
    'a/usr/bin/rc-update': '#!/bin/bash\necho "$*" >>/etc/services\n',
    'ann.pub': 'ssh-ed25519 AAAA ann\n',
    'b/etc/both': 'b\n',
    'b/etc/emptied/file': '',
  })
  chmodSync(path.join(folder, 'a/usr/bin/rc-update'), 0o755)
}

/** What catalyst needs beside the specs, and what it cannot do: groups and keys of a new user, a file over a folder. */
export function forCatalyst(folder: string, { root, sharedir }: { root: string; sharedir: string }): void {
  const change = (file: string, edit: (text: string) => string): void =>
    writeFileSync(path.join(folder, file), edit(readFileSync(path.join(folder, file), 'utf8')))
  change(
    'catalyst.conf',
    (text) => `${text}distdir = "${root}/distfiles"\nsharedir = "${sharedir}"\njobs = 2\n`,
  )
  change('rc', (text) => `${text}${PORTAGE}`)
  const defaults = { 'profile/make.defaults': `FEATURES="${FEATURES}"\nBINPKG_FORMAT="gpkg"\n` }
  for (const name of ['confdir', 'features']) writeFiles(path.join(folder, name), defaults)
  change('stage2.spec', (text) => `${text}portage_confdir: ${folder}/features\n`)
  change('stage4.spec', (text) =>
    text
      .replace('/confdir4', '/confdir')
      .replace('ann=builders bob', 'ann bob')
      .replace(/^stage4\/ssh_public_keys: .*\n/m, ''),
  )
}
