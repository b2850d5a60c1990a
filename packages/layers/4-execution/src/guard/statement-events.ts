import { createHash } from 'node:crypto'
import {
  type AuditEvent,
  type AuthorizedCall,
  type ErrorCode,
  isLockstepError,
  LockstepError,
  type ScopedStatement,
} from '@lockstep/core'
import type { RewriteEvent } from './execution-guard.ts'
import { type SystemWork, systemEvent } from './system-work.ts'

/** What became of a statement that was to be rewritten. */
export type Attempt =
  | { readonly ok: true; readonly statement: ScopedStatement }
  | { readonly ok: false; readonly error: LockstepError; readonly code: ErrorCode }

/** Rewrites, and catches what is thrown: a fault of ours refuses like any other shape that is not understood, and tells nothing. */
export function attempt(rewrite: () => ScopedStatement): Attempt {
  try {
    return { ok: true, statement: rewrite() }
  } catch (error) {
    const known = isLockstepError(error) ? error : new LockstepError('execution.statement-unsupported')
    return { ok: false, error: known, code: known.code }
  }
}

/** The record of one statement of a call: by digest and names, without its text or values. */
export function statementEvent(call: AuthorizedCall, sql: string, answer: Attempt, observing: boolean): AuditEvent {
  const { caller, tool, policyVersion } = call
  const event = {
    trace: caller.trace,
    step: 'execution' as const,
    outcome: observing ? ('observed' as const) : answer.ok ? ('permitted' as const) : ('denied' as const),
    subject: caller.subject.id,
    actor: caller.actor.id,
    tool,
    policyVersion,
  }
  if (!answer.ok) return { ...event, code: answer.code, detail: { statement: digest(sql) } }
  const { scopes } = answer.statement
  return {
    ...event,
    policies: [...new Set(scopes.flatMap((scope) => scope.policies))],
    detail: {
      statement: digest(sql),
      relations: scopes.map(({ relation, hiddenColumns, maskedColumns }) => ({
        relation,
        hiddenColumns,
        maskedColumns,
      })),
    },
  }
}

/** The record of one statement of system work. */
export function systemStatementEvent(work: SystemWork, sql: string): AuditEvent {
  const detail = { statement: digest(sql), system: work.system }
  return { ...systemEvent(work), step: 'execution', outcome: 'permitted', detail }
}

/** What a developer's own screen is told of one statement. */
export function rewriteEvent(call: AuthorizedCall, original: string, answer: Attempt): RewriteEvent {
  const event = { trace: call.caller.trace, tool: call.tool, original }
  if (!answer.ok) return { ...event, scopes: [], code: answer.code }
  return { ...event, rewritten: answer.statement.text, scopes: answer.statement.scopes }
}

function digest(sql: string): string {
  return createHash('sha256').update(String(sql)).digest('base64url')
}
