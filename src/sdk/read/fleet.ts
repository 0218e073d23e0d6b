// fleet.toml: what is built again and again, as definitions × architectures × profiles × stages, and what each job needs of a
// machine (docs/fleet.md). Reads and checks it; what comes of it is forecast/matrix.ts's business.

import path from 'node:path'
import * as v from 'valibot'
import { ARCHS } from '../architecture.js'
import { digestOfSeed, isAddress } from '../paths.js'
import { parseProfile } from '../profile.js'
import { STAGES, type StageName } from '../stages.js'
import { isHostPath } from './grammar.js'
import { createPlacer, parseLayer, readNamed } from './layers.js'
import { toProblem } from './parse.js'
import { type Problem, problemsError } from './problems.js'
import { isTable, list, oneOf, table, text } from './schema.js'

/** The page that describes the keys. */
const PAGE = 'docs/fleet.md'

/** Stands for each architecture in `sdk` and `profiles`. */
const ARCH = '{arch}'

const amount = (unit: string, most: number) => {
  const expected = `a whole number of ${unit}, from 1 to ${most}`
  return v.pipe(
    v.number(expected),
    v.check((n) => Number.isInteger(n) && n >= 1 && n <= most, expected),
  )
}

const withoutArch = (value: string): string => value.replaceAll(ARCH, 'arch')
const LABEL = 'a label: letters, digits, ".", "_", ":", "/", "-"'
const labels = list(
  text(LABEL, (value) => /^[\w.:/-]{1,100}$/.test(value)),
  `an array of strings, each ${LABEL}`,
)
const stageTable = <T extends v.GenericSchema & { message?: unknown }>(item: T) =>
  table(
    Object.fromEntries(STAGES.map((stage) => [stage, v.optional(item)])) as Record<
      StageName,
      v.OptionalSchema<T, undefined>
    >,
  )

/** What a job needs; each for itself, else by `[needs]`. */
const NEEDS = {
  cores: v.optional(amount('cores', 4096)),
  memory: v.optional(amount('GiB', 65536)),
  disk: v.optional(amount('GiB', 1048576)),
  minutes: v.optional(stageTable(amount('minutes', 100000))),
}

const build = table({
  sdk: text('the name of an SDK, or the folder of one', (value) => isHostPath(withoutArch(value))),
  archs: v.optional(list(oneOf(ARCHS), `an array of architectures: ${ARCHS.join(', ')}`)),
  profiles: v.optional(
    list(
      text('a profile', (value) => parseProfile(withoutArch(value)) !== undefined),
      'an array of profiles: "repo:path", or "path" in the main repo',
    ),
  ),
  stages: v.optional(
    list(v.picklist([1, 2, 3, 4], 'a stage: 1, 2, 3 or 4'), 'an array of stages: 1, 2, 3, 4'),
  ),
  scripts: v.optional(text('a path', isHostPath)),
  seed_tarball: v.optional(
    text('the path of a file, or sha256:DIGEST', (value) => isHostPath(value) && !isAddress(value)),
  ),
  ...NEEDS,
})

/** The keys of fleet.toml. */
export const FLEET_TOML = table({
  format: v.literal(1, '1'),
  builds: list(build, 'an array of tables ([[builds]])'),
  needs: v.optional(table(NEEDS), {}),
  labels: v.optional(
    v.pipe(v.custom<Record<string, unknown>>(isTable, 'a table'), v.record(oneOf(ARCHS), labels)),
    {},
  ),
})

/** What a job needs of its machine. Sizes are GiB. */
export interface Needs {
  readonly cores?: number | undefined
  readonly memory?: number | undefined
  readonly disk?: number | undefined
  readonly minutes?: Readonly<Partial<Record<StageName, number | undefined>>> | undefined
}

/** One chain of stages to build: what is not there is as the definition says. Paths are absolute. */
export interface FleetChain {
  /** A name or a folder, as it is written. */
  readonly sdk: string
  /** The architecture that the definition has to have. */
  readonly arch?: string
  readonly profile?: string
  readonly stages: readonly StageName[]
  readonly scripts?: string
  readonly seedTarball?: string
  readonly needs: Needs
}

/** A fleet. */
export interface Fleet {
  readonly chains: readonly FleetChain[]
  /** Where relative folders of SDKs begin. */
  readonly dir: string
  /** By architecture: what says that a machine can build it. */
  readonly labels: Readonly<Record<string, readonly string[]>>
}

/** Reads `file`. @throws SdkError SDK_DEFINITION with all that is wrong in it, each with its place */
export async function readFleet(file: string): Promise<Fleet> {
  const source = { file, text: await readNamed(file) }
  const layer = parseLayer(source, PAGE)
  const result = v.safeParse(FLEET_TOML, layer.toml)
  const problems: Problem[] = (result.issues ?? []).map(toProblem)
  const fleet = result.output as v.InferOutput<typeof FLEET_TOML>
  if (problems.length === 0) problems.push(...rules(fleet))
  const find = createPlacer([layer])
  if (problems.length > 0) throw problemsError(problems, find, PAGE)
  const dir = path.dirname(path.resolve(file))
  return {
    dir,
    chains: fleet.builds.flatMap((each) => chainsOf(each, { dir, needs: fleet.needs })),
    labels: fleet.labels,
  }
}

type Build = v.InferOutput<typeof build>

/** What concerns several keys, or all items of a list. */
function* rules({ builds }: v.InferOutput<typeof FLEET_TOML>): Generator<Problem> {
  if (builds.length === 0) yield { path: ['builds'], message: 'builds: expected at least one, found none' }
  for (const [index, { archs, profiles, sdk, ...each }] of builds.entries()) {
    const at = (key: string): (string | number)[] => ['builds', index, key]
    for (const key of ['stages', 'archs', 'profiles'] as const) {
      const values = { ...each, archs, profiles }[key]
      if (values?.length === 0)
        yield { path: at(key), message: `builds[${index}].${key}: expected at least one, found none` }
      if (values !== undefined && new Set<string | number>(values).size < values.length)
        yield { path: at(key), message: `builds[${index}].${key}: expected each once` }
    }
    if (archs === undefined && [sdk, ...(profiles ?? [])].some((word) => word.includes(ARCH)))
      yield {
        path: at('sdk'),
        message: `builds[${index}]: expected archs, since ${ARCH} stands for each of them, found none`,
      }
  }
}

interface Around {
  readonly dir: string
  readonly needs: Needs
}

function chainsOf(each: Build, { dir, needs }: Around): FleetChain[] {
  const archs = each.archs ?? [undefined]
  const profiles = each.profiles ?? [undefined]
  return archs.flatMap((arch) =>
    profiles.map((profile) => {
      const meant = (word: string): string => word.replaceAll(ARCH, arch ?? ARCH)
      return {
        sdk: meant(each.sdk),
        ...(arch === undefined ? {} : { arch }),
        ...(profile === undefined ? {} : { profile: meant(profile) }),
        stages: [...(each.stages ?? [])].sort().map((stage): StageName => `stage${stage}`),
        ...(each.scripts === undefined ? {} : { scripts: path.resolve(dir, each.scripts) }),
        ...(each.seed_tarball === undefined ? {} : { seedTarball: seedIn(dir, each.seed_tarball) }),
        needs: {
          cores: each.cores ?? needs.cores,
          memory: each.memory ?? needs.memory,
          disk: each.disk ?? needs.disk,
          minutes: { ...needs.minutes, ...each.minutes },
        },
      }
    }),
  )
}

const seedIn = (dir: string, text: string): string =>
  digestOfSeed(text) === undefined ? path.resolve(dir, text) : text
