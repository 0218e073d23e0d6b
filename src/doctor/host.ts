// Checks of the host's distribution and of what can run programs of other machines.

import { readdir } from 'node:fs/promises'
import { checkCatalystSystem, findCatalyst } from '../catalyst/run/host.js'
import { capture } from '../process/run.js'
import { architectureOf } from '../sdk/architecture.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { hostDistribution } from '../seed/distribution/host.js'
import { type Check, checkBy, ok } from './check.js'

/** Whether a distribution seed can be made here; no check when `definition` has none. */
export async function checkDistribution(definition: SdkDefinition): Promise<Check[]> {
  if (definition.seed.distribution === undefined) return []
  const check = await checkBy('distribution seed', async () => {
    const { id, codename, sources } = await hostDistribution()
    return `${id} ${codename}, ${sources.length} archives in apt's configuration`
  })
  return [check]
}

/** Whether tar keeps access control lists: one built without their library only says that it does not. */
export async function checkTar(): Promise<Check> {
  const argv = [
    'tar',
    '--create',
    '--acls',
    '--file=/dev/null',
    '--directory=/',
    '--no-recursion',
    '.',
  ] as const
  const { stderr } = await capture({ argv }).catch(({ message }: Error) => ({ stderr: message }))
  if (stderr === '') return ok('ACLs', 'tar keeps them')
  const todo =
    'archives that are made here lack them; give a tar that is built with libacl if your packages set any'
  return { name: 'ACLs', verdict: 'warning', found: stderr.split('\n')[0] ?? '', todo }
}

/** Whether programs that the cross compilers make can be run here: nothing needs it but trying them out. */
export async function checkEmulators(
  definition: SdkDefinition,
  isInstalled: (program: string) => boolean,
): Promise<Check[]> {
  const foreign = definition.cross.filter(({ chost }) => architectureOf(chost)?.keyword !== definition.arch)
  const cpus = new Set(foreign.map(({ chost }) => chost.split('-')[0] ?? ''))
  const formats = await readdir('/proc/sys/fs/binfmt_misc').catch(() => [])
  return [...cpus].map((cpu) => emulator(cpu, { formats, isInstalled }))
}

function emulator(
  cpu: string,
  host: { formats: readonly string[]; isInstalled: (program: string) => boolean },
): Check {
  const name = `programs of ${cpu}`
  const qemu = `qemu-${architectureOf(cpu)?.qemu ?? cpu}`
  const program = [`${qemu}-static`, qemu].find(host.isInstalled)
  if (program !== undefined || host.formats.includes(qemu))
    return { name, verdict: 'ok', found: program ?? 'registered with the kernel' }
  return {
    name,
    verdict: 'optional',
    found: 'cannot be tried out here',
    todo: 'apt-get install qemu-user-static',
  }
}

/** Whether `--runner catalyst` can be used here. */
export async function checkCatalyst(): Promise<Check[]> {
  const program = await checkBy('catalyst', async () => {
    const { program, version, sharedir } = await findCatalyst()
    return `${version} (${program}, ${sharedir})`
  })
  const system = await checkBy("catalyst's needs", async () => {
    await checkCatalystSystem()
    return 'all there'
  })
  return [program, system]
}
