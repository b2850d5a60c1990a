import { refuseUnknownOptions } from '@lockstep/core'
import { folderSignature } from './folder-signature.ts'
import type { PolicyDecisionPoint } from './policy-point.ts'

/** Options of `watchPolicies`. */
export interface WatchOptions {
  /** How often the folder is looked at, in milliseconds. @defaultValue 100 */
  readonly every?: number | undefined
  /** Called with the new version after it took effect. */
  readonly onReload?: ((version: string) => void) | undefined
  /**
   * Called once for each state of the folder that does not load; the version before stays in use. It is tried again, a hundred times less
   * often than the folder is looked at: what did not load for want of time, memory or files may load later.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

const OPTIONS = ['every', 'onReload', 'onError']
/** Looks after which a folder that did not load is tried again. */
const RETRY_AFTER = 100

/**
 * Reloads a decision point when its folder changes. A change is loaded once the folder has stood still for one interval, so
 * that a file that is being saved is not read half-written; the next question after that is answered by the new version.
 *
 * It polls the files' metadata, because file system events are lost or doubled on network and container file systems and by
 * editors that replace files, and a missed event here is a permit that was withdrawn and stays. The timer does not keep the
 * process alive.
 *
 * @returns a function that ends the watch
 * @throws TypeError when an option is misused
 */
export function watchPolicies(
  point: PolicyDecisionPoint<boolean | Promise<boolean>>,
  options: WatchOptions = {},
): () => void {
  refuseUnknownOptions(options, OPTIONS, 'watchPolicies()')
  const { every = 100, onReload, onError } = options
  if (!Number.isSafeInteger(every) || every < 1) throw new TypeError('`every` must be an integer of at least 1')

  // What changed while it was read is not told by metadata, so the first look counts as a change then.
  let loaded = point.loadedFrom.settled ? point.loadedFrom.text : undefined
  let seen: string | undefined
  let loading = false
  let stopped = false
  let patience = Number.POSITIVE_INFINITY
  const reload = async (isNew: boolean) => {
    loading = true
    try {
      const changed = await point.reload()
      patience = Number.POSITIVE_INFINITY
      if (changed && !stopped) onReload?.(point.version)
    } catch (error) {
      patience = RETRY_AFTER
      if (isNew && !stopped) onError?.(error)
    } finally {
      loading = false
    }
  }
  const look = () => {
    // What changes meanwhile is seen at the next look.
    if (loading) return
    const { text: now } = folderSignature(point.folder)
    const stoodStill = now === seen
    seen = now
    if (!stoodStill) return
    const isNew = now !== loaded
    patience -= 1
    if (!isNew && patience > 0) return
    loaded = now
    void reload(isNew)
  }
  const timer = setInterval(look, every)
  timer.unref()
  return () => {
    stopped = true
    clearInterval(timer)
  }
}
