import type { JsonObject } from '@lockstep/core'
import type { SentPlan } from '@lockstep/execution/egress'
import { type Draft, draftOf } from './draft.ts'

/** The levels of RFC 5424, which MCP names for its logs. */
const LEVELS = new Set(['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'])

/**
 * Drafts `notifications/progress`: its numbers, and its text where it is bound.
 *
 * @param token the token that the client chose for this call
 */
export function draftProgress(
  { progress, total, message }: JsonObject,
  token: string | number,
  plan: SentPlan['progress'],
): Draft | undefined {
  if (!Number.isFinite(progress)) return undefined
  return draftOf(plan, (put) => {
    const text = typeof message === 'string' ? put(message) : undefined
    return {
      progressToken: token,
      progress: progress ?? 0,
      ...(Number.isFinite(total) ? { total: total ?? 0 } : {}),
      ...(typeof text === 'string' ? { message: text } : {}),
    }
  })
}

/** Drafts `notifications/message`: nothing of it leaves without its data, and a logger is named where it is one of the declared. */
export function draftLog({ level, logger, data }: JsonObject, logs: SentPlan['logs']): Draft | undefined {
  if (!logs || data === undefined || typeof level !== 'string' || !LEVELS.has(level)) return undefined
  return draftOf(logs.data, (put) => {
    const left = put(data)
    const named = typeof logger === 'string' && logs.loggers.includes(logger) ? { logger } : {}
    return left === undefined ? undefined : { level, ...named, data: left }
  })
}
