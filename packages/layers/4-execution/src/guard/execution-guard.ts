import { createHash } from 'node:crypto'
import {
  type AuditEvent,
  type AuditSink,
  type AuthorizedCall,
  type ErrorCode,
  isLockstepError,
  LockstepError,
  type Mode,
  type RelationScope,
  type ScopedStatement,
} from '@lockstep/core'
import type { Rewriter } from '../create-rewriter.ts'
import type { Query } from '../database/query.ts'
import type { FinalRows } from '../final-rows.ts'
import type { StatementAnswer } from '../labels/find-labels.ts'
import { type RaiseLabels, raiseLabels } from '../labels/raise-labels.ts'
import { isRunning, type SystemWork, systemEvent } from './system-work.ts'

/** What the guard of an instance's clients is made of. */
export interface ExecutionGuardOptions {
  readonly rewriter: Rewriter
  /** Finds the call, or the system work, in whose course the caller of this function runs. */
  readonly currentCall: () => AuthorizedCall | SystemWork | undefined
  /**
   * Whether a refused call goes on because its tool is only observed: its statements run as they were written.
   * @defaultValue never
   */
  readonly observing?: (() => boolean) | undefined
  /** Whether a call is genuine, not answered yet and before its deadline. */
  readonly isOpen: (call: AuthorizedCall) => boolean
  readonly finalRows: FinalRows
  /**
   * Raises the labels of what a statement read in the history of the call's subject and actor. It is awaited before the rows
   * are handed out, also where a call is only observed: what was read, was read. What an observed statement read beyond the
   * policy is told by its rows where they show it; one that would have been refused raises nothing.
   * @defaultValue labels are not kept, and not looked for
   */
  readonly raise?: RaiseLabels | undefined
  /**
   * Takes one event for each statement, before the statement is sent.
   * @defaultValue statements are not recorded one by one
   */
  readonly audit?: AuditSink | undefined
  /**
   * In `observe` the statement runs as it was written, and what would have happened is recorded. A function is asked for
   * each call.
   * @defaultValue `'enforce'`
   */
  readonly mode?: Mode | ((call: AuthorizedCall) => Mode) | undefined
  /**
   * Is told of each statement, before and after.
   * @defaultValue nobody is told
   */
  readonly onRewrite?: ((event: RewriteEvent) => void) | undefined
}

/** One statement before and after. It holds the statement itself: for a screen of the developer's own, not for a log. */
export interface RewriteEvent {
  readonly trace: string
  readonly tool: string
  readonly original: string
  /** Absent when the statement was refused. */
  readonly rewritten?: string
  readonly scopes: readonly RelationScope[]
  /** Why it was refused. */
  readonly code?: ErrorCode
}

/** A statement that may be sent. */
export interface AdmittedStatement {
  readonly text: string
  readonly parameters: readonly unknown[]
  /** How its relations were narrowed; empty when it runs as it was written. */
  readonly scopes: readonly RelationScope[]
  /**
   * Looks again, immediately before the statement is sent: waiting for a connection can outlast the call.
   * Throws `execution.no-call`.
   */
  readonly assertOpen: () => void
  /**
   * Takes what came back, before anybody is given any of it: raises the labels of what was read, then lets the rows leave as
   * they are. Nothing of the answer, not even that it is an error, may be handed on when this rejects.
   *
   * @param answer the rows, or `'failed'` when the statement was sent and failed
   * @param run asks the same database for labels that the rows do not show; it must not send through the guard
   *
   * Rejects with `execution.database-failed` when the labels cannot be found out, and with `state.unavailable`, or what
   * `raise` rejected with, when they cannot be raised.
   */
  readonly settle: (answer: StatementAnswer, run: Query) => Promise<void>
}

/** Stands between wrapped clients and the rewriter. */
export interface ExecutionGuard {
  /**
   * Decides on one statement. Call it synchronously at a client's public entry: it finds the current call before it first
   * waits, and carries it from there.
   *
   * Rejects with a LockstepError of the execution layer: `execution.no-call` outside a call, else what the rewriter throws.
   * Nothing may be sent then.
   */
  admit(sql: string, parameters: readonly unknown[]): Promise<AdmittedStatement>
}

/**
 * Creates the guard of one Lockstep instance's clients.
 */
export function createExecutionGuard(options: ExecutionGuardOptions): ExecutionGuard {
  const {
    rewriter,
    currentCall,
    isOpen,
    finalRows,
    audit,
    onRewrite,
    raise,
    observing = () => false,
    mode = 'enforce',
  } = options
  const modeOf = (call: AuthorizedCall): Mode => (typeof mode === 'function' ? mode(call) : mode)

  // a statement that would have been refused is sent only when observed, and what it reads is not known
  const raiseOf = (call: AuthorizedCall, answer: Attempt): AdmittedStatement['settle'] =>
    raise && answer.ok ? (rows, run) => raiseLabels(call, answer.statement.labels, rows, run, raise) : nothingToSettle

  return {
    // INVARIANT: everything up to the first await runs in the caller's own turn.
    async admit(sql, parameters) {
      const work = currentCall()
      if (!work && observing()) {
        return { text: sql, parameters, scopes: [], assertOpen: () => undefined, settle: nothingToSettle }
      }
      const assertOpen = (): void => {
        if (!work || !('system' in work ? isRunning(work) : isOpen(work))) throw new LockstepError('execution.no-call')
      }
      assertOpen()
      if (!work || 'system' in work) {
        // INVARIANT: `assertOpen` threw when there is no work at all.
        const event = work ? systemEvent(work) : { trace: '' }
        await audit?.append({
          ...event,
          step: 'execution',
          outcome: 'permitted',
          detail: { statement: digest(sql), system: work?.system ?? '' },
        })
        return { text: sql, parameters, scopes: [], assertOpen, settle: nothingToSettle }
      }
      const answer = attempt(() => rewriter.rewrite(work, sql, parameters))
      const onlyObserved = modeOf(work) === 'observe'
      await audit?.append(statementEvent(work, sql, answer, onlyObserved))
      onRewrite?.(rewriteEvent(work, sql, answer))
      // INVARIANT: rows of a statement that ran as written are not final.
      if (onlyObserved) return { text: sql, parameters, scopes: [], assertOpen, settle: raiseOf(work, answer) }
      if (!answer.ok) throw answer.error
      const { text, parameters: bound, scopes } = answer.statement
      const raiseFirst = raiseOf(work, answer)
      return {
        text,
        parameters: bound,
        scopes,
        assertOpen,
        async settle(rows, run) {
          await raiseFirst(rows, run)
          if (rows !== 'failed') finalRows.remember(work, rows)
        },
      }
    },
  }
}

const nothingToSettle = async (): Promise<void> => undefined

type Attempt =
  | { readonly ok: true; readonly statement: ScopedStatement }
  | { readonly ok: false; readonly error: LockstepError; readonly code: ErrorCode }

function attempt(rewrite: () => ScopedStatement): Attempt {
  try {
    return { ok: true, statement: rewrite() }
  } catch (error) {
    // a fault of ours refuses like any other shape that is not understood, and tells nothing
    const known = isLockstepError(error) ? error : new LockstepError('execution.statement-unsupported')
    return { ok: false, error: known, code: known.code }
  }
}

function statementEvent(call: AuthorizedCall, sql: string, answer: Attempt, observing: boolean): AuditEvent {
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

function rewriteEvent(call: AuthorizedCall, original: string, answer: Attempt): RewriteEvent {
  const event = { trace: call.caller.trace, tool: call.tool, original }
  if (!answer.ok) return { ...event, scopes: [], code: answer.code }
  return { ...event, rewritten: answer.statement.text, scopes: answer.statement.scopes }
}

function digest(sql: string): string {
  return createHash('sha256').update(String(sql)).digest('base64url')
}
