// Which hierarchies of control groups there are, and where in each this process is: by proc_pid_cgroup(5) and mountinfo. Pure.

/** The controllers that bound a stage. */
const CONTROLLERS = ['memory', 'pids'] as const
export type Controller = (typeof CONTROLLERS)[number]

/** A mounted hierarchy, as far as it may be written to. */
export interface Hierarchy {
  /** 2 has all controllers in one tree; 1 has a tree for each, or for some together. */
  readonly version: 1 | 2
  /** Where it is mounted: an absolute path. */
  readonly top: string
  /** The folder of the group that this process is in, at or below `top`. */
  readonly own: string
  /** Those of `CONTROLLERS` that are in this tree. One of version 2 has what its files say. */
  readonly controllers: readonly Controller[]
  /** A group in it has its processor time counted, and is scheduled as without it. */
  readonly counts: boolean
}

/**
 * The hierarchies in which a group could be made.
 *
 * @param groups the text of /proc/self/cgroup
 * @param mounts the text of /proc/self/mountinfo
 */
export function findHierarchies(groups: string, mounts: string): Hierarchy[] {
  const trees = mounts.split('\n').flatMap((line) => readMount(line))
  return groups.split('\n').flatMap((line): Hierarchy[] => {
    const [, names, place] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names === undefined || place === undefined) return []
    const own = names.split(',')
    const controllers = CONTROLLERS.filter((each) => names === '' || own.includes(each))
    const tree = trees.find(({ version, options }) =>
      names === '' ? version === 2 : version === 1 && own.every((each) => options.includes(each)),
    )
    // With the controller `cpu` a group would have a share of its own.
    const counts = names === '' || (own.includes('cpuacct') && !own.includes('cpu'))
    const folder = tree === undefined ? undefined : below(tree, place)
    if (tree === undefined || folder === undefined || (controllers.length === 0 && !counts)) return []
    return [{ version: tree.version, top: tree.point, own: folder, controllers, counts }]
  })
}

interface Tree {
  readonly version: 1 | 2
  /** What of the hierarchy is seen there. */
  readonly root: string
  readonly point: string
  readonly options: readonly string[]
}

function readMount(line: string): Tree[] {
  const [before = '', after = ''] = line.split(' - ')
  const [, , , root, point, flags] = before.split(' ')
  const [type, , options = ''] = after.split(' ')
  if (root === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return []
  if (flags?.split(',').includes('ro') === true) return []
  return [{ version: type === 'cgroup' ? 1 : 2, root, point, options: options.split(',') }]
}

/** The folder of the group `place`, if it can be seen: in a container, mounts show a part of the tree. */
function below({ root, point }: Tree, place: string): string | undefined {
  if (place.startsWith('/..')) return undefined
  if (root === '/') return place === '/' ? point : `${point}${place}`
  if (place === root) return point
  return place.startsWith(`${root}/`) ? `${point}${place.slice(root.length)}` : undefined
}
