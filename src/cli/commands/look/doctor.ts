// doctor: checks everything that a build needs of this machine, and says how to get what is missing. Installs nothing.

import { checkCatalystRoot } from '../../../doctor/catalyst-root.js'
import { type Check, ok } from '../../../doctor/check.js'
import { checkCatalyst, checkDistribution, checkEmulators, checkTar } from '../../../doctor/host.js'
import { EXIT_CODES } from '../../../errors.js'
import { rootAdvice } from '../../../process/own-command.js'
import { nearestFolder, resolveRoot } from '../../../request/catalyst-root.js'
import type { Doctor } from '../../answers/look.js'
import type { Caller } from '../../caller.js'
import type { Environment } from '../../environment.js'
import { HOST_TOOLS, type HostTool, isInstalled, SEED_TOOLS, SIGNATURE_TOOLS } from '../../host/host-tools.js'
import { asCalled, type VerbCall } from '../../request/asked.js'
import { makeLook } from '../../request/request.js'
import { columns, writeJson, writeLines } from '../../write.js'

/** Oldest Node.js that will do, as package.json says. */
const NODE = [20, 19] as const

/** @returns 0, or the exit code of SDK_HOST when something is missing. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function doctor(call: VerbCall, { environment }: Caller): Promise<number> {
  const found = await doctorObject(call, environment)
  if (call.options.json) writeJson('doctor', found)
  else writeLines(doctorLines(found.checks))
  return found.ok ? 0 : EXIT_CODES.SDK_HOST
}

/** All checks. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function doctorObject(call: VerbCall, environment: Environment): Promise<Doctor> {
  const { definition, catalystRoot, runner, seed } = await makeLook(asCalled(call), environment)
  const folder = await nearestFolder(await resolveRoot(catalystRoot))
  const isRoot = process.getuid?.() === 0
  // In an SDK the seed is that SDK.
  const makesSeed = seed.kind === 'distribution'
  const seedTools = makesSeed ? SEED_TOOLS : []
  const signatureTools = definition.seed.keyring === undefined ? [] : SIGNATURE_TOOLS
  const checks: Check[] = [
    checkNode(process.versions.node),
    isRoot ? ok('root', 'yes') : { name: 'root', verdict: 'missing', found: 'no', todo: rootAdvice() },
    ...checkTools([...HOST_TOOLS, ...seedTools, ...signatureTools], isInstalled),
    await checkTar(),
    ...(await checkCatalystRoot(folder, isRoot)),
    ...(makesSeed ? await checkDistribution(definition) : []),
    ...(await checkEmulators(definition, isInstalled)),
    ...(runner === 'catalyst' ? await checkCatalyst() : []),
  ]
  return { format: 1, ok: checks.every(({ verdict }) => verdict !== 'missing'), folder, checks }
}

/** Whether this Node.js is new enough; pure. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > NODE[0] || (major === NODE[0] && minor >= NODE[1])
  if (isNew) return ok('Node.js', version)
  return {
    name: 'Node.js',
    verdict: 'missing',
    found: version,
    todo: `install Node.js ${NODE.join('.')} or newer`,
  }
}

/** A check for each tool; pure. */
export function checkTools(tools: readonly HostTool[], isThere: (program: string) => boolean): Check[] {
  return tools.map(({ program, package: name, purpose }) =>
    isThere(program)
      ? ok(program, purpose)
      : {
          name: program,
          verdict: 'missing',
          found: `not there (${purpose})`,
          todo: `apt-get install ${name}`,
        },
  )
}

/** The text; pure. */
export function doctorLines(checks: readonly Check[]): string[] {
  const rows = checks.map(({ verdict, name, found, todo }) => [
    verdict,
    name,
    todo === undefined || verdict === 'ok' ? found : `${found}: ${todo}`,
  ])
  const missing = checks.filter(({ verdict }) => verdict === 'missing').length
  return [
    ...columns(rows),
    '',
    missing === 0 ? 'this machine can build' : `${missing} missing: this machine cannot build yet`,
  ]
}
