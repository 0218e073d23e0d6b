// Turns a sandbox specification into the words that enter.sh acts on. Pure: nothing is looked up on the host, and no
// word is ever evaluated by a shell. Refuses what could mean something else to mount(8) than it means here.

import { SdkError } from '../errors.js'
import { isWithin } from '../files/place.js'
import { MAX_LAYERS, type Mount, type SandboxSpec } from './spec.js'

/** Where a missing mount point may be made: here (`create`), by an extra lowest layer of the root, or not at all. */
type Placement = 'create' | 'root' | 'exist'

/**
 * The arguments of enter.sh from KIND on (see its `start`).
 *
 * @param scratch the mount point of the new root on the host: absolute
 * @param groups files that take the program into control groups
 * @throws SdkError SDK_INTERNAL for a value that no caller should ask for; names it
 */
export function planSandbox(spec: SandboxSpec, scratch: string, groups: readonly string[] = []): string[] {
  checkPath(scratch, 'the scratch directory')
  checkPath(spec.cwd, 'the working directory')
  if (!/^[a-z0-9]([a-z0-9.-]{0,62})$/i.test(spec.hostname)) throw refuse('the host name', spec.hostname)
  if (spec.argv[0] === '' || spec.argv[0].includes('=')) throw refuse('the program', spec.argv[0])
  const steps = planSteps(spec, scratch)
  const env = Object.entries(spec.env).map(planVariable)
  const words = [
    ...[spec.root.kind, spec.network, scratch, spec.hostname, spec.cwd === '/' ? '' : spec.cwd],
    ...[String(steps.length), ...steps],
    ...[String(env.length), ...env],
    ...[String(groups.length), ...groups],
    ...spec.argv,
  ]
  for (const word of words) if (word.includes('\0')) throw refuse('a word with a zero byte', word)
  return words
}

function planVariable([name, value]: [string, string]): string {
  // LD_… would already act on the host's tools that start the program.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('LD_') || name === 'GLIBC_TUNABLES')
    throw refuse('the environment variable', name)
  return `${name}=${value}`
}

function planSteps(spec: SandboxSpec, scratch: string): string[] {
  const { root, mounts } = spec
  if (root.kind === 'host')
    return mounts.flatMap((mount, index) =>
      planMount(mount, {
        target: belowScratch(mount.target, scratch),
        placement: placementOf(index, mounts, 'create'),
      }),
    )
  const writable = checkUpper(root, '/')
  const placed = mounts.map((mount, index) => {
    if (checkPath(mount.target, 'the mount target') === '/') throw refuse('the mount target', '/')
    const placement = placementOf(index, mounts, writable ? 'create' : 'root')
    return { mount, at: { target: mount.target, placement } }
  })
  const points = placed.filter(({ at }) => at.placement === 'root')
  return [
    ...planLayers(root.layers),
    ...points.flatMap(({ mount }) => ['point', mount.target, mount.kind === 'bind' ? mount.source : '']),
    ...['root', root.upper ?? '', root.work ?? ''],
    ...placed.flatMap(({ mount, at }) => planMount(mount, at)),
    ...['cwd', spec.cwd],
  ]
}

/** Who decides about a missing mount point: the latest earlier mount that covers it. */
function placementOf(index: number, mounts: readonly Mount[], otherwise: Placement): Placement {
  const { target } = mounts[index] as Mount
  const cover = mounts.slice(0, index).findLast((mount) => isWithin(target, mount.target))
  if (cover === undefined) return otherwise
  const writable = cover.kind === 'tmpfs' || (cover.kind === 'overlay' && cover.upper !== undefined)
  return writable && cover.target !== target ? 'create' : 'exist'
}

function planMount(mount: Mount, at: { target: string; placement: Placement }): string[] {
  const policy = at.placement === 'create' ? 'create' : 'exist'
  switch (mount.kind) {
    case 'bind':
      checkPath(mount.source, 'the source of a bind mount')
      return [
        'bind',
        policy,
        [mount.readOnly ? 'ro' : 'rw', ...flagsOf(mount)].join(),
        mount.source,
        at.target,
      ]
    case 'overlay':
      return planOverlay(mount, [policy, at.target])
    case 'tmpfs':
      return ['tmpfs', policy, ...planTmpfs(mount), at.target]
    default:
      return [mount.kind, policy, at.target]
  }
}

function planOverlay(mount: Mount & { kind: 'overlay' }, [policy, target]: [string, string]): string[] {
  checkUpper(mount, mount.target)
  const flags = flagsOf(mount).join()
  return [...planLayers(mount.layers), 'overlay', policy, flags, mount.upper ?? '', mount.work ?? '', target]
}

const flagsOf = ({ data = false }: { data?: boolean }): string[] => (data ? ['nosuid', 'noexec'] : [])

/** Whether an overlay is writable. */
function checkUpper({ upper, work }: { upper?: string; work?: string }, target: string): boolean {
  if ((upper === undefined) !== (work === undefined))
    throw refuse('an overlay with only one of upper and work on', target)
  for (const directory of [upper, work])
    if (directory !== undefined) checkPath(directory, 'upper or work of an overlay')
  return upper !== undefined
}

function planTmpfs({ mode, sizeBytes }: Mount & { kind: 'tmpfs' }): [string, string] {
  if (!/^[0-7]{3,4}$/.test(mode)) throw refuse('the mode of a tmpfs', mode)
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && sizeBytes > 0))
    throw refuse('the size of a tmpfs', String(sizeBytes))
  return [mode, sizeBytes === undefined ? '' : String(sizeBytes)]
}

function planLayers(layers: readonly string[]): string[] {
  if (layers.length === 0 || layers.length > MAX_LAYERS)
    throw refuse(`a number of layers that is not 1 … ${MAX_LAYERS}`, String(layers.length))
  return layers.flatMap((layer) => ['layer', checkPath(layer, 'a layer')])
}

function belowScratch(target: string, scratch: string): string {
  checkPath(target, 'the mount target')
  if (!isWithin(target, scratch)) throw refuse(`a mount target outside ${scratch}`, target)
  return target.slice(scratch.length)
}

/** Absolute and normal: no empty, `.` or `..` component, no slash at the end. */
function checkPath(path: string, what: string): string {
  const normal = path === '/' || /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(path)
  if (!normal) throw refuse(`${what} (an absolute, normal path was expected)`, path)
  return path
}

function refuse(what: string, value: string): SdkError {
  return new SdkError('SDK_INTERNAL', `the sandbox refuses ${what}: ${JSON.stringify(value)}`)
}
