/** Waits for `work`, but no longer than the signal lets it. `work` itself goes on; whoever else waits for it is not disturbed. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  // Whoever is gone by then does not hear of a failure, and nobody else may have to handle it.
  work.catch(() => undefined)
  signal.throwIfAborted()
  let leave = () => {}
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
