import { statSync } from 'node:fs'
import { join } from 'node:path'
import { refuseUnknownOptions } from '@lockstep/core'
import type { PolicyDecisionPoint } from './decision-point.ts'
import { policyFileNames } from './read-policy-folder.ts'

/** Options of `watchPolicies`. */
export interface WatchOptions {
  /** How often the folder is looked at, in milliseconds. @defaultValue 100 */
  readonly every?: number | undefined
  /** Called with the new version after it took effect. */
  readonly onReload?: ((version: string) => void) | undefined
  /** Called once for each state of the folder that does not load; the version before stays in use. */
  readonly onError?: ((error: unknown) => void) | undefined
}

const OPTIONS = ['every', 'onReload', 'onError']

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
export function watchPolicies(point: PolicyDecisionPoint, options: WatchOptions = {}): () => void {
  refuseUnknownOptions(options, OPTIONS, 'watchPolicies()')
  const { every = 100, onReload, onError } = options
  if (!Number.isSafeInteger(every) || every < 1) throw new TypeError('`every` must be an integer of at least 1')

  // What the point has loaded is not known by metadata, so the first look counts as a change.
  let loaded: string | undefined
  let seen: string | undefined
  const look = () => {
    const now = signature(point.folder)
    const stoodStill = now === seen
    seen = now
    if (!stoodStill || now === loaded) return
    loaded = now
    try {
      if (point.reload()) onReload?.(point.version)
    } catch (error) {
      onError?.(error)
    }
  }
  const timer = setInterval(look, every)
  timer.unref()
  return () => clearInterval(timer)
}

/** Names and metadata of the folder's files; the change time cannot be set back by whoever writes a file. */
function signature(folder: string): string {
  try {
    const files = policyFileNames(folder).map((name) => {
      const { ino, size, mtimeNs, ctimeNs } = statSync(join(folder, name), { bigint: true })
      return [name, ino, size, mtimeNs, ctimeNs].join()
    })
    return files.join('\n')
  } catch {
    return 'unreadable'
  }
}
