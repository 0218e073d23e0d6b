// Which version a looking verb is about: the one that was named, whosever it is, or the newest of the definition's SDK.

import { SdkError } from '../errors.js'
import { quotedCommand } from '../process/own-command.js'
import { createLayout, type Layout, type LayoutNames } from '../store/layout.js'
import { findSdks } from './sdks.js'
import { listVersions, versionState } from './versions.js'

/**
 * The layout of version `asked` below the root of `own`, which may be of another SDK or of a spec; without it of the newest one
 * of `own`.
 *
 * @throws SdkError SDK_USAGE when there is none
 */
export async function whichVersion(
  own: Omit<LayoutNames, 'version'>,
  asked: string | undefined,
): Promise<Layout> {
  const { root, type, arch } = own
  if (asked === undefined) {
    const [newest] = await listVersions(own)
    if (newest !== undefined) return createLayout({ root, type, arch, version: newest.version })
    throw nothing(`no version of ${type} (${arch}) below ${root}`)
  }
  for (const names of [{ type, arch }, ...(await findSdks(root))]) {
    const layout = createLayout({ root, ...names, version: asked })
    if ((await versionState(layout)).newest !== '') return layout
  }
  throw nothing(`no version ${asked} below ${root}`)
}

const nothing = (what: string): SdkError =>
  new SdkError('SDK_USAGE', `there is ${what}`, {
    hint: whatThereIs(),
  })

/** What helps who finds nothing: on a new machine `status` has nothing to list. */
export const whatThereIs = (): string =>
  `${quotedCommand(['status'])} lists what there is, ${quotedCommand(['build'])} builds what there is not`
