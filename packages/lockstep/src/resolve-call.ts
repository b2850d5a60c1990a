import { randomBytes } from 'node:crypto'
import type { AuditEvent } from '@lockstep/core'
import type { StateFolder } from '@lockstep/stores/pglite'
import { openExistingLog } from './open-existing-log.ts'
import { unresolvedCalls } from './unresolved-calls.ts'

/** What became of an operator's word. */
export type Resolution = { readonly resolved: false } | { readonly resolved: true; readonly trace: string | undefined }

/**
 * Closes a call whose outcome was unknown, and records it in the state's own audit log: the intent before anything changes, the
 * outcome after. `trace` finds the record; it is undefined when the state has no log of its own. A log that cannot be
 * written rejects with `audit.unavailable` or `audit.tampered`, and nothing was changed.
 */
export async function resolveCall(
  state: StateFolder,
  key: string,
  outcome: 'happened' | 'did-not-happen',
): Promise<Resolution> {
  const known = (await unresolvedCalls(state)).find((call) => call.key === key)
  if (!known) return { resolved: false }
  const log = await openExistingLog(state)
  try {
    const trace = randomBytes(16).toString('hex')
    const detail = {
      reason: 'lockstep calls resolve',
      resolved: known.call,
      as: outcome,
      ...(known.purpose === undefined ? {} : { grant: key }),
    }
    const record = async (step: AuditEvent['outcome']) => log?.append({ trace, step: 'system', outcome: step, detail })
    await record('permitted')
    const isJob = known.purpose !== undefined
    // What it reserved is settled by the same word, whether or not a retry waits for it.
    const returned = !isJob && (await state.spending.resolve(known.call, outcome))
    const kept = isJob ? state.jobs : state.idempotency
    const resolved = isJob || known.isKeyed ? await kept.resolve(key, outcome) : returned
    await record(resolved ? 'completed' : 'failed')
    return resolved ? { resolved, trace: log && trace } : { resolved }
  } finally {
    await log?.close()
  }
}
