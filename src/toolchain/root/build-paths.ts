// Finds the names of places that exist only while something is built: they have no business in what was built.

/** Stands for the folder of any package that Portage builds. */
export const PACKAGE_FOLDERS = '/var/tmp/portage'

/** A place of a build that a file names: a stage's root, or {@link PACKAGE_FOLDERS}. */
export type BuildPlace = string

/** All that is looked for has this in it; it is rare elsewhere. */
const NEEDLE = Buffer.from('/tmp/')
/** As many bytes before the needle and behind it take part in a name: category and package are no longer than this. */
const BEFORE = 4
const BEHIND = 256

/**
 * The root that a stage script fills or enters (`/tmp/stage2root`), the seed's (`/tmp/seedroot`), and a folder in which
 * Portage builds: PORTAGE_TMPDIR is `/var/tmp` in all stages, and the parts of a build are those of ebuild(5). The bare
 * `/var/tmp/portage` is the home of a user, and the default of a setting.
 */
const PLACES =
  /(\/tmp\/(?:stage[1-4]|seed)root)\b|(\/var\/tmp\/portage)\/[\w+-]+\/[\w+.-]+\/(?:work|image|temp|homedir)\b/

/** Bytes that consecutive pieces of a file must share, so that no name is cut in two. */
export const OVERLAP = NEEDLE.length + BEFORE + BEHIND

/** Adds the places that `bytes` name to `found`. */
export function findBuildPlaces(bytes: Buffer, found: Set<BuildPlace>): void {
  for (let at = bytes.indexOf(NEEDLE); at >= 0; at = bytes.indexOf(NEEDLE, at + NEEDLE.length)) {
    const text = bytes.toString('latin1', Math.max(0, at - BEFORE), at + BEHIND)
    const [, root, portage] = PLACES.exec(text) ?? []
    const place = root ?? (portage === undefined ? undefined : PACKAGE_FOLDERS)
    if (place !== undefined) found.add(place)
  }
}
