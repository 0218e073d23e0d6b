// Mounts, owners and namespaces need root.

import { SdkError } from '../../errors.js'
import { rootAdvice } from '../../process/own-command.js'

/** @throws SdkError SDK_HOST when the command does not run as root */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new SdkError('SDK_HOST', 'this needs root: it mounts file systems and sets owners of files', {
    hint: rootAdvice(),
  })
}
