// The words that definitions and command lines are made of, as predicates. Names of packages, repositories and flags
// follow the Package Manager Specification (PMS 9, chapter 3.1); nothing here looks at files.

/** Category: letters, digits, `+ _ . -`; does not begin with `- . +`. */
const CATEGORY = '[A-Za-z0-9_][A-Za-z0-9+_.-]*'
/** Package name; that it must not end like a version is checked in {@link isPackageName}. */
const PACKAGE = '[A-Za-z0-9_][A-Za-z0-9+_-]*'
const VERSION = String.raw`\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?`
const SLOT = '[A-Za-z0-9_][A-Za-z0-9+_.-]*'
const REPO = '[A-Za-z0-9_][A-Za-z0-9_-]*'
const FLAG = '[A-Za-z0-9][A-Za-z0-9+_@-]*'

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
const CATEGORY_ONLY = whole(CATEGORY)
const PACKAGE_ONLY = whole(PACKAGE)
const ENDS_LIKE_VERSION = new RegExp(`-${VERSION}$`)
const REPO_ONLY = whole(REPO)
const USE_WORD = whole(String.raw`-\*|-?${FLAG}`)
const SET = whole('@[A-Za-z0-9_][A-Za-z0-9_.-]*')
const TUPLE = whole('[a-z0-9_]+(?:-[a-z0-9_.]+){2,3}')
const ATOM = new RegExp(
  String.raw`^(?<operator>[<>]=?|[=~])?(?<category>${CATEGORY})/(?<rest>[A-Za-z0-9_][A-Za-z0-9+_.-]*)(?<glob>\*)?` +
    String.raw`(?::${SLOT}(?:/${SLOT})?)?(?:::${REPO})?(?:\[[A-Za-z0-9+_@,!?=()-]+\])?$`,
)

/** A category, as in `sys-libs`. */
export const isCategory = (text: string): boolean => CATEGORY_ONLY.test(text)

/** A package name without category, as in `linux-headers`; one that ends like a version (`foo-1.2`) is none. */
export const isPackageName = (text: string): boolean =>
  PACKAGE_ONLY.test(text) && !ENDS_LIKE_VERSION.test(text)

/** A package of a cross toolchain: a name, perhaps with the USE flags of this merge, as in `gcc[-cxx]`. */
export function isCrossPackage(text: string): boolean {
  const [, name = '', flags] = /^([^[]*)(?:\[([^\]]*)\])?$/.exec(text) ?? []
  return isPackageName(name) && (flags === undefined || flags.split(',').every(isUseWord))
}

/** `category/package` without a version. */
export function isPackage(text: string): boolean {
  const [category = '', name = '', ...more] = text.split('/')
  return more.length === 0 && isCategory(category) && isPackageName(name)
}

/** A dependency atom: `[operator]category/package[-version][:slot][::repo][[use]]`; an operator asks for a version. */
export function isAtom(text: string): boolean {
  const groups = ATOM.exec(text)?.groups
  if (groups === undefined) return false
  const rest = groups.rest ?? ''
  if (groups.operator === undefined) return groups.glob === undefined && isPackageName(rest)
  const version = ENDS_LIKE_VERSION.exec(rest)
  return version !== null && isPackageName(rest.slice(0, version.index))
}

/** A package set, as in `@world`. */
export const isSet = (text: string): boolean => SET.test(text)

/** A word of USE: `flag`, `-flag` or `-*`. */
export const isUseWord = (text: string): boolean => USE_WORD.test(text)

/** A word of FEATURES: `sandbox`, `-sandbox`. */
export const isFeature = (text: string): boolean => /^-?[a-z][a-z0-9-]*$/.test(text)

/** A repository name, as in `profiles/repo_name`; does not end like a version, and is not what repos.conf says for all repos. */
export const isRepoName = (text: string): boolean =>
  REPO_ONLY.test(text) && !ENDS_LIKE_VERSION.test(text) && text !== 'DEFAULT'

/** A CHOST tuple of three or four parts: `cpu-vendor-os` or `cpu-vendor-kernel-os`. */
export const isChost = (text: string): boolean => TUPLE.test(text)

/** Name of an SDK or of a type of builds; becomes part of file names. */
export const isSdkName = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text)

/** A relative path that stays below its start: no empty part, no `.` or `..`, no control character. */
export const isRelativePath = (text: string): boolean =>
  text !== '' &&
  text.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && isPlain(part))

/** An absolute path in its shortest form, other than `/` itself, without control characters. */
export const isAbsolutePath = (text: string): boolean => text.startsWith('/') && isRelativePath(text.slice(1))

/** PATH_MAX of Linux without its final NUL, in bytes. */
const LONGEST_PATH = 4095

/**
 * A path as a user writes it: absolute or relative, `..` allowed; not empty, no control character, no longer than Linux takes.
 * Bytes that are not UTF-8 have come here as U+FFFD, and would name another file.
 */
export const isHostPath = (text: string): boolean =>
  text !== '' && isPlain(text) && !text.includes('\ufffd') && Buffer.byteLength(text) <= LONGEST_PATH

/** Path of a profile below `profiles/`: each part begins with a letter, digit or `_`. */
export const isProfilePath = (text: string): boolean =>
  text.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/.test(part))

/** Compiler or linker flags that make.conf can hold in double quotes: printable ASCII without `" $ \` and backtick. */
export const isFlags = (text: string): boolean => /^[ !#%&'()*+,./0-9:;<=>?@A-Z[\]^_a-z{|}~-]*$/.test(text)

/** A folder of a repo: `repo:path`. */
export function isRepoPath(text: string): boolean {
  const colon = text.indexOf(':')
  return colon > 0 && isRepoName(text.slice(0, colon)) && isRelativePath(text.slice(colon + 1))
}

/** A word on emerge's command line: an option, atom or set, or the value of an option; a program gets it as it is. */
export const isEmergeWord = (text: string): boolean => /^[A-Za-z0-9@%+*/:.,=<>~_![\]()?-]+$/.test(text)

/** A service, perhaps with the runlevel it belongs to: `sshd|default`. */
export const isService = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._+@-]*(?:\|[a-z][a-z0-9-]*)?$/.test(text)

/** The name of a user or group: what useradd(8) takes everywhere. */
export const isAccount = (text: string): boolean => /^[a-z_][a-z0-9_-]{0,30}$/.test(text)

/** A user, perhaps with more groups: `name`, `name=group,group`. */
export function isUser(text: string): boolean {
  const [name = '', groups, ...more] = text.split('=')
  return more.length === 0 && isAccount(name) && (groups === undefined || groups.split(',').every(isAccount))
}

const isPlain = (text: string): boolean => !/[\x00-\x1f\x7f]/.test(text)
