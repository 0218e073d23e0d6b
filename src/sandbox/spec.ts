// What a sandbox is made of. Types only; plan.ts checks the values, enter.sh acts on them.

/**
 * One mount. `target` is absolute inside the new root; with the host's root it is a path on the host, at or below
 * `scratch`. A missing mount point is made if it lies below an earlier tmpfs or writable overlay, or directly in the
 * (read-only) root; elsewhere it has to exist. No component of it may be a symbolic link.
 *
 * - `bind`: a file or directory, without what is mounted below it. `source` itself must not be a symbolic link.
 * - `overlay`: `layers` are plain directories (no overlays), topmost first, at most {@link MAX_LAYERS}. `upper` and
 *   `work` are existing directories of one file system; `work` belongs to `upper` alone. Without them the mount is read-only; a single
 *   layer is then simply bound. A directory of a lower layer cannot be renamed (EXDEV; mv and Portage then copy), and
 *   a hard link of a lower layer is broken when one of its names is written to.
 * - `tmpfs`: `mode` in octal (`1777`), all of a sandbox without `sizeBytes` share 40 % of the memory, and 800,000 files.
 * - `proc`, `sys`: fresh ones of the sandbox's namespaces; what root could change the host with is read-only or hidden.
 * - `dev`: a private /dev with null, zero, full, random, urandom, tty, pts and shm; read-only but for pts and shm.
 * - A second `proc`, `sys` or `dev` of a sandbox is the first one, seen at another place.
 *
 * Every mount but `dev` refuses device nodes (nodev). A mount of `data` holds nothing to run: no program in it can be
 * started, and no set-user-ID bit in it means anything (noexec, nosuid).
 */
export type Mount =
  | { kind: 'bind'; source: string; target: string; readOnly: boolean; data?: boolean }
  | {
      kind: 'overlay'
      layers: readonly string[]
      upper?: string
      work?: string
      target: string
      data?: boolean
    }
  | { kind: 'tmpfs'; target: string; mode: string; sizeBytes?: number }
  | { kind: 'proc'; target: string }
  | { kind: 'sys'; target: string }
  | { kind: 'dev'; target: string }

/** Most layers of one overlay: their short names have to fit into one mount option of 256 bytes. */
export const MAX_LAYERS = 64

/** What becomes `/`. */
export type SandboxRoot =
  /**
   * These layers, topmost first, by pivot_root: read-only, or a copy whose changes go to `upper` (as in an overlay
   * mount). The program runs without the capabilities of a host's root; as a `nest` it has those that sandboxes of its
   * own need, which contains it against mistakes only.
   */
  | { kind: 'layers' | 'nest'; layers: readonly string[]; upper?: string; work?: string }
  /** The host's root in a private mount namespace, with all capabilities: for trusted host tools over assembled mounts. */
  | { kind: 'host' }

/** A program and the root it runs over. */
export interface SandboxSpec {
  root: SandboxRoot
  /** In this order. */
  mounts: readonly Mount[]
  hostname: string
  /** `off`: a network namespace of its own, with nothing but the loopback device. */
  network: 'off' | 'host'
  /** Absolute, exists in the sandbox, no symbolic link in it. */
  cwd: string
  /** The whole environment. */
  env: Record<string, string>
  /** Looked up in `env.PATH`, inside the sandbox. */
  argv: readonly [string, ...string[]]
}
