// Portage over the host's own programs: ebuilds that need a compiler can be built without an SDK.

import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PORTAGE_ENVIRONMENT } from '../../src/portage/environment.js'
import { renderMakeConf } from '../../src/portage/make-conf.js'
import { must } from '../../src/process/run.js'
import { type Ended, runInSandbox } from '../../src/sandbox/run.js'
import type { Mount } from '../../src/sandbox/spec.js'
import { systemMounts } from '../../src/sandbox/system-mounts.js'
import { portagePatches, readGroups } from '../../src/seed/distribution/groups.js'
import { fetchWheel, installWheel } from '../../src/seed/distribution/portage-wheel.js'

const EMBEDDED = path.resolve(import.meta.dirname, '../../../sdks/embedded')

const USERS = 'root:x:0:0:root:/root:/bin/bash\nportage:x:250:250:portage:/var/tmp/portage:/bin/false\n'

const bind = (source: string, target: string, readOnly = true): Mount => ({
  ...{ kind: 'bind', source, target, readOnly },
})

/**
 * Makes in `folder` what {@link runPortage} needs: Portage's wheel, a configuration for the host's compiler, and `repo/`, an ebuild
 * repository with the eclasses of `embedded` and the one package `app-misc/NAME` from `ebuild`, a file.
 */
export async function portageHost(folder: string, ebuild: string): Promise<void> {
  const part = (name: string): string => path.join(folder, name)
  for (const name of ['root/usr/bin', 'layer', 'etc', 'repo/profiles'])
    mkdirSync(part(name), { recursive: true })
  const groups = await readGroups(path.join(EMBEDDED, 'seed/groups.toml'))
  // Portage's own scripts ask for this name, which the host may lack.
  symlinkSync('python3', part('root/usr/bin/python'))
  const wheel = await fetchWheel(groups.portage, part('wheels'))
  await installWheel({ file: wheel, root: part('root'), scratch: folder, patches: portagePatches(groups) })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, part(`layer/${name}`))
  for (const name of ['usr', 'etc', 'var', 'proc', 'sys', 'dev', 'run', 'tmp', 'repo', 'stages'])
    mkdirSync(part(`layer/${name}`))
  cpSync(part('root/etc'), part('etc'), { recursive: true })
  mkdirSync(part('etc/alternatives'))
  writeFileSync(part('etc/passwd'), USERS)
  writeFileSync(part('etc/group'), 'root:x:0:\ntty:x:5:\nportage:x:250:portage\n')
  const chost = (await must({ argv: ['gcc', '-dumpmachine'] })).trim()
  mkdirSync(part('etc/portage'), { recursive: true })
  const flags = { cflags: '-O1', cxxflags: '-O1', ldflags: '', features: [] }
  writeFileSync(part('etc/portage/make.conf'), renderMakeConf({ chost, ...flags, makeConf: {} }))
  writeFileSync(part('etc/portage/repos.conf'), '[DEFAULT]\nmain-repo = host\n[host]\nlocation = /repo\n')
  symlinkSync('/repo/profiles', part('etc/portage/make.profile'))
  writeRepo(part('repo'), ebuild)
}

function writeRepo(repo: string, ebuild: string): void {
  cpSync(path.join(EMBEDDED, 'repos/portage-stable/eclass'), path.join(repo, 'eclass'), { recursive: true })
  // What is shipped with the eclass is for other compilers; a test may mount its own here.
  rmSync(path.join(repo, 'eclass/configure-answers'), { recursive: true, force: true })
  mkdirSync(path.join(repo, 'eclass/configure-answers'))
  const name = path.basename(ebuild, '.ebuild').replace(/-[^-]*$/, '')
  mkdirSync(path.join(repo, 'app-misc', name, 'files'), { recursive: true })
  mkdirSync(path.join(repo, 'metadata'))
  cpSync(ebuild, path.join(repo, 'app-misc', name, path.basename(ebuild)))
  const files = {
    'metadata/layout.conf': 'masters =\nthin-manifests = true\nuse-manifests = false\n',
    'profiles/repo_name': 'host\n',
    'profiles/arch.list': 'amd64\n',
    'profiles/categories': 'app-misc\n',
    'profiles/eapi': '8\n',
    'profiles/make.defaults': 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\n',
  }
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(repo, file), text)
}

/** What a build is run with. */
export interface HostRun {
  /** Of its own, writable at /var/tmp; Portage's folder of the build is `portage/app-misc/PF` in it. */
  tmp: string
  env?: Record<string, string>
  mounts?: readonly Mount[]
  /** A program of the host with its options, under which it runs. */
  under?: readonly [string, ...string[]]
}

/** Runs `ebuild` with `words` in what {@link portageHost} has made in `folder`; returns what it said. Throws when it fails. */
export async function runPortage(folder: string, words: readonly string[], how: HostRun): Promise<string> {
  const { outcome, stdout, stderr } = await runOnHost(
    folder,
    how.under === undefined ? ['ebuild', ...words] : [...how.under, 'ebuild', ...words],
    how,
  )
  if (outcome.exitCode !== 0) throw new Error(`ebuild ${words.join(' ')}: ${stdout.slice(-3000)}\n${stderr}`)
  return stdout
}

/** Runs a program in what {@link portageHost} has made in `folder`, to its end, however that is. */
export async function runOnHost(
  folder: string,
  argv: readonly [string, ...string[]],
  how: HostRun,
): Promise<Ended> {
  const part = (name: string): string => path.join(folder, name)
  mkdirSync(how.tmp, { recursive: true })
  const mounts: Mount[] = [
    { kind: 'overlay', layers: [part('root/usr'), '/usr'], target: '/usr' },
    ...systemMounts(),
    bind(part('etc'), '/etc'),
    // Debian's awk is a link to there.
    bind('/etc/alternatives', '/etc/alternatives'),
    bind(part('repo'), '/repo'),
    { kind: 'tmpfs', target: '/var', mode: '0755' },
    bind(how.tmp, '/var/tmp', false),
    ...(how.mounts ?? []),
  ]
  const scratch = path.join(how.tmp, '.scratch')
  mkdirSync(scratch, { recursive: true })
  const env = { ...PORTAGE_ENVIRONMENT, ...how.env }
  return await runInSandbox(
    {
      root: { kind: 'layers', layers: [part('layer')] },
      ...{ mounts, hostname: 'host', network: 'off', cwd: '/', env, argv },
    },
    { scratch, signal: undefined },
  )
}
