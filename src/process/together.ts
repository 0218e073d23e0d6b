// Two pieces of work side by side, of which neither is of use without the other.

/**
 * Does both at once. Where one fails, the other's signal is aborted.
 *
 * @returns what each has made
 * @throws the error of the first that failed, or the reason of `signal`, once both have ended
 */
export async function together<A, B>(
  signal: AbortSignal | undefined,
  acts: readonly [(signal: AbortSignal) => Promise<A>, (signal: AbortSignal) => Promise<B>],
): Promise<[A, B]> {
  const failed = new AbortController()
  const both = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])])
  const parts = [acts[0](both), acts[1](both)] as const
  for (const part of parts) part.catch((error: unknown) => failed.abort(error))
  await Promise.allSettled(parts)
  both.throwIfAborted()
  return await Promise.all(parts)
}
