// The version that a verb looks at, and what is known of its SDK.

import { whichVersion } from '../../inspect/which-version.js'
import { findLayout } from '../../request/catalyst-root.js'
import type { Request } from '../../request/request.js'
import type { Layout } from '../../store/layout.js'
import type { Environment } from '../environment.js'
import type { VerbCall } from './asked.js'
import { recall } from './recall.js'
import { makeLook } from './request.js'

/** The layout of the version that `call` names, or of the newest, and the request of its SDK. @throws SdkError SDK_USAGE, SDK_DEFINITION */
export async function lookedAt(
  call: VerbCall,
  environment: Environment,
): Promise<{ layout: Layout; request: Request }> {
  const request = await makeLook(await recall(call, environment), environment)
  const layout = await whichVersion(await findLayout(request), call.options.version?.text)
  return { layout, request }
}
