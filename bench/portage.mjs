#!/usr/bin/env node
// Trivial packages, ten or as many as PACKAGES in the environment says, by one emerge: binary ones merged, or built; with Portage as it
// is in embedded, or untouched, as its wheel is. What was prepared serves for fewer of them, too.
// Usage: bench/portage.mjs prepare|merge|build FOLDER [untouched]

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const PROJECT = path.resolve(import.meta.dirname, '..')
const PACKAGES = Number(process.env.PACKAGES ?? 10)
const { portageHost, runOnHost } = await import(path.join(PROJECT, 'dist/tests/helpers/portage-host.js'))

const [act, folder, untouched] = process.argv.slice(2)
/** A stage has none of these, for which Portage looks through the root before and after each merge. */
const HIDDEN = ['gtk-update-icon-cache', 'update-desktop-database', 'update-mime-database']
const names = Array.from({ length: PACKAGES }, (_, index) => `t${index}`)
const atoms = names.map((name) => `app-misc/${name}`).join(' ')
const options = '--oneshot --nodeps --quiet --jobs=2'
if (act === 'prepare') await prepare()
else if (act === 'build') await run(`emerge ${options} ${atoms}`)
else await run(`emerge ${options} --usepkgonly ${atoms}`)

async function prepare() {
  await portageHost(folder, path.join(PROJECT, 'tests/fixtures/configure-answers/trial-1.ebuild'))
  for (const name of HIDDEN.filter((each) => existsSync(path.join('/usr/bin', each))))
    execFileSync('mknod', [path.join(folder, 'root/usr/bin', name), 'c', '0', '0'])
  if (untouched !== undefined) {
    const { installWheel } = await import(path.join(PROJECT, 'dist/src/seed/distribution/portage-wheel.js'))
    const [file] = readdirSync(path.join(folder, 'wheels')).filter((name) => name.endsWith('.whl'))
    const wheel = path.join(folder, 'wheels', file)
    await installWheel({ file: wheel, root: path.join(folder, 'root'), scratch: folder, patches: [] })
  }
  for (const name of names) {
    const place = path.join(folder, 'repo/app-misc', name)
    mkdirSync(place, { recursive: true })
    writeFileSync(
      path.join(place, `${name}-1.ebuild`),
      'EAPI=8\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="MIT"\nSLOT="0"\nKEYWORDS="amd64"\nS="$' +
        '{WORKDIR}"\nsrc_install() { insinto /usr/share/$' +
        '{PN}; newins - text <<<text; }\n',
    )
  }
  const site = '/usr/lib/python3/dist-packages'
  await run(`emerge ${options} --buildpkgonly ${atoms}`, { FEATURES: 'buildpkg' })
  await run(`python3 -m compileall -q -s /var/tmp/site -p ${site} /var/tmp/site`)
}

/** Merges into an empty root. What Portage is made of is compiled, as in a stage. */
async function run(command, env = {}) {
  const tmp = path.join(folder, 'tmp')
  rmSync(path.join(tmp, 'root'), { recursive: true, force: true })
  mkdirSync(path.join(tmp, 'root'), { recursive: true })
  const mounts = [
    {
      kind: 'bind',
      source: path.join(folder, 'root/usr/lib/python3/dist-packages'),
      target: '/var/tmp/site',
      readOnly: false,
    },
  ]
  mkdirSync(path.join(tmp, 'site'), { recursive: true })
  const script = `export PKGDIR=/var/tmp/packages ROOT=/var/tmp/root; ${command}`
  const { outcome, stdout, stderr } = await runOnHost(folder, ['/bin/bash', '-c', script], {
    ...{ tmp, mounts },
    env: { PORTAGE_COMPRESS: '', ...env },
  })
  if (outcome.exitCode === 0) return
  console.error(`${command}: ${stdout.slice(-2000)}${stderr.slice(-2000)}`)
  process.exit(1)
}
