/**
 * Shares a refresh between those who ask for one meanwhile. Whoever asks waits for one that begins afterwards, never for one that is under way:
 * that one may have looked before what the asker must see.
 *
 * No library serves: those at hand join a run that has begun.
 */
export function shareRefresh(refresh: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  function start(): Promise<void> {
    const run = refresh().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }

  return () => {
    // INVARIANT: one at a time, also in the moment between two: the answer to an earlier question never comes after that to a later one.
    if (next) return next
    if (!running) return start()
    next = running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}
