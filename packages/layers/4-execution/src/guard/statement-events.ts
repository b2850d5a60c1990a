import { createHash } from 'node:crypto'
import {
  type AuditEvent,
  type AuthorizedCall,
  createBoundedMemory,
  type ErrorCode,
  isLockstepError,
  type JsonValue,
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
  const told = answer.ok ? narrowed(answer.statement.scopes) : undefined
  const statement = digest(sql)
  return {
    trace: caller.trace,
    step: 'execution',
    outcome: observing ? 'observed' : answer.ok ? 'permitted' : 'denied',
    subject: caller.subject.id,
    actor: caller.actor.id,
    tool,
    policyVersion,
    detail: told ? { statement, relations: told.relations } : { statement },
    ...(told && { policies: told.policies }),
    ...(!answer.ok && { code: answer.code }),
  }
}

/** How relations were narrowed, as records name it. */
interface Narrowed {
  readonly policies: readonly string[]
  readonly relations: JsonValue
}

/** The scopes of a plan that is sent again are the same ones. */
const known = new WeakMap<ScopedStatement['scopes'], Narrowed>()

function narrowed(scopes: ScopedStatement['scopes']): Narrowed {
  const before = known.get(scopes)
  if (before) return before
  const told = {
    policies: [...new Set(scopes.flatMap((scope) => scope.policies))],
    relations: scopes.map(({ relation, action, hiddenColumns, maskedColumns }) => ({
      relation,
      ...(action && { action }),
      hiddenColumns: [...hiddenColumns],
      maskedColumns: [...maskedColumns],
    })),
  }
  known.set(scopes, told)
  return told
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

/** Digests of the texts that were sent last: most are sent again. */
const digests = createBoundedMemory<string>(1000, { most: 4 * 1024 * 1024, of: (text) => 2 * text.length })

function digest(sql: string): string {
  const text = String(sql)
  const before = digests.get(text)
  if (before !== undefined) return before
  const made = createHash('sha256').update(text).digest('base64url')
  digests.set(text, made)
  return made
}
