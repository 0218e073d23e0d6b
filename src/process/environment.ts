// What programs of the host are started with. Not the caller's environment, but the little of it that is named here: told
// once, by cli/main.ts, since nearly every room starts programs; nothing else here or there looks at the caller's.

/** What of the caller's environment reaches programs of the host. */
export interface HostEnvironment {
  /** PATH. */
  readonly path: string
  /** Proxies, certificates, indexes and logins, by variable: for package clients alone. */
  readonly packageClients: Readonly<Record<string, string>>
  /** Signals that the caller ignores (`nohup`), and so must whatever is started. */
  readonly ignoredSignals: readonly NodeJS.Signals[]
}

let host: HostEnvironment = { path: '/usr/local/bin:/usr/bin:/bin', packageClients: {}, ignoredSignals: [] }

/** Says what {@link toolEnvironment} and {@link clientEnvironment} are made of from here on. */
export function setHostEnvironment(environment: HostEnvironment): void {
  host = environment
}

/** Environment for host tools: English messages, UTC, the host's PATH with the sbin directories, nothing else of the caller's. */
export function toolEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: `${host.path}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: '/root', ...extra }
}

/**
 * `argv` by way of env(1) where the caller ignores signals: libuv sets all back to their defaults before it starts a
 * program. Not so SIGTERM, by which this program ends others.
 */
export function withIgnoredSignals(argv: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const ignored = host.ignoredSignals.filter((signal) => signal !== 'SIGTERM')
  return ignored.length === 0 ? argv : ['env', `--ignore-signal=${ignored.join(',')}`, '--', ...argv]
}

/** The environment for package clients: {@link toolEnvironment} and what configures them. Never handed to a stage. */
export const clientEnvironment = (): Record<string, string> => toolEnvironment(host.packageClients)
