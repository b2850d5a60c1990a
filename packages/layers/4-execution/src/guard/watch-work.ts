/** How often is looked whether the work of something that is held open is over. Milliseconds. */
const EVERY_MS = 50

/** Watches work for whatever is held open in its course: transactions and cursors. */
export interface WorkWatch {
  /**
   * Calls `over` once, when `isOpen` says no for the first time.
   *
   * @returns what ends the watch
   */
  watch(isOpen: () => boolean, over: () => void): () => void
}

/**
 * Creates a watch. It looks, rather than being told, because a call ends in several ways (answered, revoked, past its deadline) and all of them
 * show in the one question that every statement asks as well. Nothing runs while nothing is held open.
 */
export function createWorkWatch(): WorkWatch {
  const watched = new Map<object, { readonly isOpen: () => boolean; readonly over: () => void }>()
  let timer: NodeJS.Timeout | undefined

  function stop(key: object): void {
    watched.delete(key)
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function look(): void {
    for (const [key, { isOpen, over }] of [...watched]) {
      if (isOpen()) continue
      stop(key)
      over()
    }
  }

  return {
    watch(isOpen, over) {
      const key = {}
      watched.set(key, { isOpen, over })
      timer ??= setInterval(look, EVERY_MS).unref()
      return () => stop(key)
    },
  }
}
