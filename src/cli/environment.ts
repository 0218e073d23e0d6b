// The environment of the command: the only place that reads it, once, as a value with a name for each thing it says.

import { availableParallelism } from 'node:os'
import path from 'node:path'
import { secretsOf } from '../events/secrets.js'
import type { HostEnvironment } from '../process/environment.js'
import type { Terminal } from '../progress/choose.js'
import type { VersionWishes } from '../sdk/version.js'
import { toCount } from './arguments/values.js'
import { SIGNALS } from './host/signals.js'

/** What the environment says. Variables that are empty count as not set. */
export interface Environment {
  /** NUM_JOBS, where it is a number of jobs; else the number of CPUs. */
  readonly jobs: number
  /** NUM_JOBS, where it is a number of jobs. */
  readonly numJobs: number | undefined
  /** FORCE_STAGES: words, in place of the stages on the command line. */
  readonly forceStages: readonly string[]
  /** FLATCAR_UPLOAD_ROOT. */
  readonly uploadRoot: string | undefined
  /** BOOTSTRAP_SDK_STORE, and the same with _MODE, _KEYS, _SIGN: in place of options. */
  readonly sharedStore: Readonly<Record<'store' | 'mode' | 'keys' | 'sign', string | undefined>>
  /** BOOTSTRAP_SDK_CCACHE. */
  readonly ccache: string | undefined
  /** COREOS_OFFICIAL and FLATCAR_BUILD_ID. */
  readonly newVersion: VersionWishes
  /** GENTOO_MIRRORS: addresses. */
  readonly gentooMirrors: readonly string[]
  /** What gpg, ssh, rsync and rclone need to find keys, passwords and credentials, by variable; they get nothing else. */
  readonly publishing: Readonly<Record<string, string>>
  /** TERM, NO_COLOR and FORCE_COLOR; GITHUB_ACTIONS, GITLAB_CI, and what others set in CI. */
  readonly terminal: Terminal
  /** How the program was called: the name of its launcher, and what sudo says of the caller. */
  readonly called: {
    readonly launcher: string | undefined
    /** The number of the user that called sudo. */
    readonly sudoUser: string | undefined
    /** The number of that user's group. */
    readonly sudoGroup: string | undefined
    readonly sudoCommand: string | undefined
  }
  /** The folder of the user's configuration: XDG_CONFIG_HOME, or .config in HOME. */
  readonly configHome: string | undefined
  /** Values of variables that are secrets by their names: what is masked in files that leave this machine. */
  readonly secrets: readonly string[]
  readonly host: HostEnvironment
}

/** With AWS_CA_BUNDLE rclone ends at once: its HTTP client is not one that takes it (RCLONE_CA_CERT is). */
const PUBLISHING =
  /^(?:HOME|GNUPGHOME|SSH_AUTH_SOCK|RSYNC_PASSWORD|XDG_CONFIG_HOME|RCLONE_[A-Z0-9_]+|AWS_(?!CA_BUNDLE$)[A-Z0-9_]+|GOOGLE_APPLICATION_CREDENTIALS|(?:CLOUDSDK|AZURE)_[A-Z0-9_]+|(?:https?|no)_proxy|(?:HTTPS?|NO)_PROXY|SSL_CERT_(?:FILE|DIR))$/

/** Variables that package clients take proxies, certificates, indexes and logins from. */
const PACKAGE_CLIENTS =
  /^(https?_proxy|ftp_proxy|all_proxy|no_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_.*|npm_config_.*|APT_CONFIG|HOME|XDG_CONFIG_HOME|NETRC|REGISTRY_AUTH_FILE|DOCKER_CONFIG|XDG_RUNTIME_DIR)$/i

/**
 * Reads the environment.
 *
 * @param variables those of the process, if no others are given
 * @param cpus what `jobs` is when NUM_JOBS does not say it
 */
export function readEnvironment(
  variables: Readonly<NodeJS.ProcessEnv> = process.env,
  cpus: number = availableParallelism(),
): Environment {
  return {
    jobs: toCount(variables.NUM_JOBS ?? '') ?? cpus,
    numJobs: toCount(variables.NUM_JOBS ?? ''),
    forceStages: words(variables.FORCE_STAGES),
    uploadRoot: variables.FLATCAR_UPLOAD_ROOT || undefined,
    sharedStore: {
      store: variables.BOOTSTRAP_SDK_STORE || undefined,
      mode: variables.BOOTSTRAP_SDK_STORE_MODE || undefined,
      keys: variables.BOOTSTRAP_SDK_STORE_KEYS || undefined,
      sign: variables.BOOTSTRAP_SDK_STORE_SIGN || undefined,
    },
    ccache: variables.BOOTSTRAP_SDK_CCACHE || undefined,
    newVersion: {
      isOfficial: variables.COREOS_OFFICIAL === '1',
      buildId: variables.FLATCAR_BUILD_ID || undefined,
    },
    gentooMirrors: words(variables.GENTOO_MIRRORS),
    publishing: chosen(variables, (name) => PUBLISHING.test(name)),
    terminal: { term: variables.TERM ?? '', color: wantsColor(variables), ...ciSystem(variables) },
    called: {
      launcher: variables.BOOTSTRAP_SDK_COMMAND || undefined,
      sudoUser: variables.SUDO_UID || undefined,
      sudoGroup: variables.SUDO_GID || undefined,
      sudoCommand: variables.SUDO_COMMAND || undefined,
    },
    configHome: configHome(variables),
    secrets: secretsOf(variables),
    host: {
      path: variables.PATH ?? '/usr/bin:/bin',
      packageClients: chosen(variables, (name) => PACKAGE_CLIENTS.test(name)),
      ignoredSignals: SIGNALS.filter((signal) =>
        words(variables.BOOTSTRAP_SDK_IGNORED_SIGNALS).includes(signal),
      ),
    },
  }
}

/** What is no absolute path is as if it were not set (XDG Base Directory Specification). */
function configHome({
  XDG_CONFIG_HOME: own = '',
  HOME = '',
}: Readonly<NodeJS.ProcessEnv>): string | undefined {
  if (path.isAbsolute(own)) return own
  return path.isAbsolute(HOME) ? path.join(HOME, '.config') : undefined
}

/** FORCE_COLOR decides where it is set, as in Node; else NO_COLOR, if not empty, says no. */
function wantsColor({ FORCE_COLOR: force, NO_COLOR: none = '' }: Readonly<NodeJS.ProcessEnv>): boolean {
  return force === undefined ? none === '' : force !== '0' && force !== 'false'
}

/** Each system sets its own variable to `true`; others that speak GitHub's commands set that one, too. Most set `CI`. */
function ciSystem(variables: Readonly<NodeJS.ProcessEnv>): Pick<Terminal, 'ci'> {
  const { GITHUB_ACTIONS, GITLAB_CI, BUILDKITE, CI = '', TF_BUILD = '', TEAMCITY_VERSION = '' } = variables
  const isSet = (text: string): boolean => !['', '0', 'false'].includes(text.toLowerCase())
  if (GITHUB_ACTIONS === 'true') return { ci: 'github' }
  if (GITLAB_CI === 'true') return { ci: 'gitlab' }
  if (BUILDKITE === 'true') return { ci: 'buildkite' }
  if (isSet(TF_BUILD)) return { ci: 'azure' }
  if (isSet(TEAMCITY_VERSION)) return { ci: 'teamcity' }
  return isSet(CI) ? { ci: 'other' } : {}
}

const words = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '')

const chosen = (
  variables: Readonly<NodeJS.ProcessEnv>,
  isChosen: (name: string) => boolean,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value !== undefined && isChosen(name) ? [[name, value]] : [],
    ),
  )
