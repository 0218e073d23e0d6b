// Checks of the place where everything is built: its file system, its space, and whether sandboxes work there.

import { formatBytes } from '../events/measures.js'
import { probeSandbox } from '../sandbox/probe.js'
import { FIT_FOR_ROOTS, UNFIT } from '../store/disk/fit-disk.js'
import { type MountedFileSystem, mountOf } from '../store/disk/mounts.js'
import { freeSpace } from '../store/disk/space.js'
import { type Check, checkBy, ok } from './check.js'

/** A quick build takes about 7.5 GiB, and the store keeps the trees of the next. */
const ENOUGH_BYTES = 14 * 2 ** 30

/** The roots of four stages, in unpacked trees. */
const ENOUGH_INODES = 1_000_000

/** All checks of `folder`, which exists. `isRoot`: sandboxes can be tried. */
export async function checkCatalystRoot(folder: string, isRoot: boolean): Promise<Check[]> {
  let mount: MountedFileSystem | undefined
  const proc = await checkBy('/proc', async () => {
    mount = await mountOf(folder)
    return 'mounted'
  })
  // Without it nothing else can be told.
  if (proc.verdict !== 'ok') return [proc]
  return [
    mount === undefined
      ? {
          name: 'file system',
          verdict: 'unknown' as const,
          found:
            'in this chroot / is not a mount point, so nothing tells; namespaces and overlayfs are tried for real',
        }
      : judgeMount(mount),
    ...(await checkSpace(folder)),
    ...(await checkSandbox(folder, isRoot)),
  ]
}

/** Whether a file system will do; pure. */
export function judgeMount({ fileSystem, mountPoint, options }: MountedFileSystem): Check {
  const name = 'file system'
  const found = `${fileSystem} at ${mountPoint} (${options.join(',')})`
  const todo = FIT_FOR_ROOTS
  if (UNFIT.test(fileSystem)) return { name, verdict: 'missing', found, todo }
  for (const option of ['ro', 'noexec'])
    if (options.includes(option))
      return { name, verdict: 'missing', found, todo: `${todo}, mounted without ${option}` }
  for (const option of ['nosuid', 'nodev'])
    if (options.includes(option))
      return { name, verdict: 'warning', found, todo: `${todo}, mounted without ${option}` }
  if (fileSystem === 'tmpfs') return { name, verdict: 'warning', found, todo: `it is memory; ${todo}` }
  return ok(name, found)
}

async function checkSpace(folder: string): Promise<Check[]> {
  const { bytes, inodes } = await freeSpace(folder)
  return [
    {
      name: 'free space',
      found: formatBytes(bytes),
      ...enough(bytes >= ENOUGH_BYTES, `${formatBytes(ENOUGH_BYTES)} should be free`),
    },
    {
      name: 'free inodes',
      found: inodes === undefined ? 'made as needed' : String(inodes),
      ...enough((inodes ?? ENOUGH_INODES) >= ENOUGH_INODES, `${ENOUGH_INODES} should be free`),
    },
  ]
}

const enough = (isEnough: boolean, todo: string): Pick<Check, 'verdict' | 'todo'> =>
  isEnough
    ? { verdict: 'ok' }
    : { verdict: 'warning', todo: `${todo}: free some, or give another --catalyst_root` }

const CONTAINER = 'in a container, root needs CAP_SYS_ADMIN and no seccomp filter (`--privileged`)'

async function checkSandbox(folder: string, isRoot: boolean): Promise<Check[]> {
  const names = ['namespaces', 'overlayfs'] as const
  if (!isRoot) return names.map((name) => ({ name, verdict: 'unknown', found: 'only root can try them' }))
  const problems = await probe(folder)
  const overlay = problems.filter((each) => each.includes('overlay'))
  const others = problems.filter((each) => !each.includes('overlay'))
  const check = (name: string, found: readonly string[], todo: string): Check =>
    found.length === 0 ? ok(name, 'work') : { name, verdict: 'missing', found: found.join('; '), todo }
  const lacksPrograms = others.every((each) => each.startsWith('the program '))
  const namespaces = check(names[0], others, lacksPrograms ? 'install what is missing' : CONTAINER)
  if (others.length > 0 && overlay.length === 0)
    return [namespaces, { name: names[1], verdict: 'unknown', found: 'not tried without namespaces' }]
  return [
    namespaces,
    check(
      names[1],
      overlay,
      'load the kernel module `overlay`; give a --catalyst_root that is not on an overlay itself',
    ),
  ]
}

async function probe(folder: string): Promise<string[]> {
  try {
    return (await probeSandbox(folder)).problems
  } catch (error) {
    return [(error as Error).message]
  }
}
