// The compiler cache that the command line, or the environment, names. What cannot be used is refused here.

import { statSync } from 'node:fs'
import { SdkError } from '../../errors.js'
import type { Options } from '../arguments/options/table.js'
import { parseCompilerCache } from '../arguments/values.js'
import type { Environment } from '../environment.js'

const VARIABLE = 'BOOTSTRAP_SDK_CCACHE'

/**
 * The socket, absolute; undefined where there is no cache.
 *
 * @throws SdkError SDK_USAGE for what is no socket, and for a runner that has its own
 */
export function compilerCache(
  { ccache, runner }: Pick<Options, 'ccache' | 'runner'>,
  { ccache: said }: Environment,
): string | undefined {
  const [what, socket] =
    ccache === undefined && said !== undefined
      ? [VARIABLE, parseCompilerCache(said, VARIABLE)]
      : ['--ccache', ccache]
  if (socket === undefined || socket === 'none') return undefined
  if (runner === 'catalyst')
    throw new SdkError(
      'SDK_USAGE',
      `${what} does not go with --runner catalyst, which has a cache of its own`,
      {
        hint: 'catalyst.conf: options = ["ccache"]',
      },
    )
  if (statSync(socket, { throwIfNoEntry: false })?.isSocket() === true) return socket
  throw new SdkError('SDK_USAGE', `${what}: expected the socket of a Redis server, found none at ${socket}`, {
    hint: 'redis-server --port 0 --unixsocket PATH --unixsocketperm 700 makes one (docs/manual.md#compiler-cache)',
  })
}
