import {
  type AuditSink,
  type AuthorizedCall,
  type ErrorCode,
  LockstepError,
  type Mode,
  type RelationScope,
  type ScopedStatement,
  type WrittenAs,
} from '@lockstep/core'
import type { Rewriter } from '../create-rewriter.ts'
import type { Query } from '../database/query.ts'
import type { FinalRows } from '../final-rows.ts'
import type { Floor } from '../floor/open-floor.ts'
import type { StatementAnswer } from '../labels/find-labels.ts'
import { type RaiseLabels, raiseLabels } from '../labels/raise-labels.ts'
import { isTransactionControl } from './is-transaction-control.ts'
import { type Attempt, attempt, rewriteEvent, statementEvent, systemStatementEvent } from './statement-events.ts'
import { isRunning, type SystemWork } from './system-work.ts'
import { createWorkWatch } from './watch-work.ts'

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
   * Whether the results of a call's tool may hold rows as a statement returned them.
   * @defaultValue always; else no row of it is remembered as final
   */
  readonly mayLeave?: ((call: AuthorizedCall) => boolean) | undefined
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
   * Tells the database who is calling, where its own row security holds up the policy too.
   * @defaultValue the database is told nothing
   */
  readonly floor?: Floor | undefined
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
  /** Present when it writes, and what its answer means then. A statement that runs as it was written is not looked at. */
  readonly write?: WrittenAs | undefined
  /**
   * Present where the call is about a row of this database: a question that must answer with one row before, in the transaction of the write.
   * Hand the number of rows to `assertHeld`.
   */
  readonly held?: ScopedStatement['held']
  /** Rejects with `invocation.resource-changed`, and records it, unless exactly one row was answered. */
  readonly assertHeld: (rows: number) => Promise<void>
  /** As `ScopedStatement` has it. */
  readonly isSteady?: boolean | undefined
  /** How its relations were narrowed; empty when it runs as it was written. */
  readonly scopes: readonly RelationScope[]
  /**
   * Whether it is a text that was not understood, or not looked at, and may leave settings, locks or temporary tables behind in the session:
   * that of trusted work, or one that would have been refused and is only observed.
   */
  readonly isOpaque: boolean
  /**
   * Looks again, immediately before the statement is sent: waiting for a connection can outlast the call.
   * Throws `execution.no-call`.
   */
  readonly assertOpen: () => void
  /** As that of the work that it belongs to. */
  readonly handle?: CapturedWork['handle']
  /**
   * Present for a write, to be awaited before it is sent: raises the labels of what it reads, which may be gone afterwards. Rejects as
   * `settle` does.
   */
  readonly prepare?: ((run: Query) => Promise<void> | undefined) | undefined
  /**
   * Takes what came back, before anybody is given any of it: raises the labels of what was read, then lets the rows leave as
   * they are. Nothing of the answer, not even that it is an error, may be handed on when this rejects. Of a cursor, each batch is
   * settled in turn; labels that its rows do not show are asked for once, which covers all that the cursor can show.
   *
   * @param answer the rows as objects, or `'failed'` when the statement was sent and failed, `'denied'` when it failed with
   * `execution.write-denied`, which is recorded
   * @param run asks the same database for labels that the rows do not show; it must not send through the guard
   * @param leaving the rows as they are handed out, where that is not as objects
   *
   * Rejects with `execution.database-failed` when the labels cannot be found out, with `state.unavailable`, or what
   * `raise` rejected with, when they cannot be raised, and with `execution.no-call` when the call ended meanwhile.
   */
  readonly settle: (answer: StatementAnswer, run: Query, leaving?: readonly unknown[]) => Promise<void> | undefined
}

/** The call, or the system work, that was found at a client's public entry. From there it is carried by this object. */
export interface CapturedWork {
  /** Throws `execution.no-call` when the work is over. */
  readonly assertOpen: () => void
  /**
   * Answers with the handle by which the database knows the call. Whoever sends a statement sets it in the session before. Absent where there
   * is no floor, and for work that is no call.
   *
   * Rejects with `execution.no-call`, and with `execution.database-failed` where the call could not be written down.
   */
  readonly handle?: (() => Promise<string>) | undefined
  /** Whether `other` may go on with what this work holds open: it is the same work, or system work in the course of this call. */
  covers(other: CapturedWork): boolean
  /** Calls `over` once, soon after the work is over, for whatever is held open in its course. Returns what ends the watch. */
  watch(over: () => void): () => void
  /** Decides on one statement, as `ExecutionGuard.admit` does. */
  admit(sql: string, parameters: readonly unknown[]): Promise<AdmittedStatement>
}

/** Stands between wrapped clients and the rewriter. */
export interface ExecutionGuard {
  /**
   * Captures the current call. Call it synchronously at a client's public entry: it finds the current call before anybody waits.
   *
   * @throws LockstepError `execution.no-call` outside a call
   */
  enter(): CapturedWork
  /**
   * Captures the current call, synchronously, and decides on one statement of it.
   *
   * Rejects with a LockstepError of the execution layer: `execution.no-call` outside a call, else what the rewriter throws.
   * Nothing may be sent then. A text that begins or ends a transaction is refused whoever sends it: it would do so for whoever is
   * lent the connection next.
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
    mayLeave = () => true,
    audit,
    onRewrite,
    raise,
    floor,
    observing = () => false,
    mode = 'enforce',
  } = options
  const watch = createWorkWatch()
  const workOf = new WeakMap<CapturedWork, Work>()
  const capturedOf = new WeakMap<Exclude<Work, 'observed'>, CapturedWork>()
  const modeOf = (call: AuthorizedCall): Mode => (typeof mode === 'function' ? mode(call) : mode)

  // a statement that would have been refused is sent only when observed, and what it reads is not known
  const raiseOf = (call: AuthorizedCall, answer: Attempt): Settle => {
    if (!raise || !answer.ok || answer.statement.labels.length === 0) return nothingToSettle
    const { labels } = answer.statement
    let unanswered = labels
    return async (rows, run) => {
      const isError = typeof rows === 'string'
      await raiseLabels(call, isError ? labels : unanswered, rows, run, raise)
      if (!isError) unanswered = labels.filter(({ exposedAs }) => exposedAs !== undefined)
    }
  }

  const known = new WeakSet<AuthorizedCall>()
  function handleOf(floor: Floor, call: AuthorizedCall): Promise<string> {
    const handle = floor.handleOf(call)
    if (!known.has(call)) {
      known.add(call)
      // one that cannot be taken back is over with the call's deadline
      watch.watch(
        () => isOpen(call),
        () => void floor.end(call).catch(() => undefined),
      )
    }
    return handle
  }

  async function admitOfCall(
    call: AuthorizedCall,
    { assertOpen, handle }: Pick<CapturedWork, 'assertOpen' | 'handle'>,
    sql: string,
    parameters: readonly unknown[],
  ) {
    assertOpen()
    const answer = attempt(() => rewriter.rewrite(call, sql, parameters))
    const onlyObserved = modeOf(call) === 'observe'
    await audit?.append(statementEvent(call, sql, answer, onlyObserved))
    onRewrite?.(rewriteEvent(call, sql, answer))
    const raiseFirst = raiseOf(call, answer)
    // INVARIANT: rows of a statement that ran as written are not final.
    if (onlyObserved)
      return asWritten(sql, parameters, { assertOpen, handle, settle: raiseFirst, isOpaque: !answer.ok })
    if (!answer.ok) throw answer.error
    const { text, parameters: bound, scopes, write, held, isSteady } = answer.statement
    return {
      text,
      parameters: bound,
      scopes,
      isSteady,
      // members that stand behind a spread cost microseconds
      write,
      held,
      isOpaque: false,
      async assertHeld(rows) {
        if (rows === 1) return
        await audit?.append(statementEvent(call, sql, changedSince, false))
        throw changedSince.error
      },
      assertOpen,
      handle,
      prepare: write && ((run) => raiseFirst('failed', run)),
      // INVARIANT: nothing is waited for where there is nothing to wait for; this is on the way of every statement.
      settle(rows, run, leaving) {
        const settled = (): undefined => {
          if (typeof rows === 'string') return
          // what was read after the call was answered or revoked has nobody to go to
          assertOpen()
          if (mayLeave(call)) finalRows.remember(call, leaving ?? rows)
        }
        const recorded = rows === 'denied' ? audit?.append(statementEvent(call, sql, deniedInside, false)) : undefined
        if (recorded) return recorded.then(() => raiseFirst(rows, run)).then(settled)
        const raised = raiseFirst(rows, run)
        return raised ? raised.then(settled) : settled()
      },
    } satisfies AdmittedStatement
  }

  function capture(work: Work): CapturedWork {
    const isOver = (): boolean => work !== 'observed' && !('system' in work ? isRunning(work) : isOpen(work))
    const assertOpen = (): void => {
      if (isOver()) throw new LockstepError('execution.no-call')
    }
    const captured: CapturedWork = {
      assertOpen,
      ...(floor &&
        work !== 'observed' &&
        !('system' in work) && {
          async handle() {
            assertOpen()
            return handleOf(floor, work)
          },
        }),
      covers(other) {
        const theirs = workOf.get(other)
        if (theirs === undefined || theirs === work) return theirs === work
        return theirs !== 'observed' && 'system' in theirs && theirs.within === work
      },
      watch: (over) => watch.watch(() => !isOver(), over),
      admit(sql, parameters) {
        if (work !== 'observed' && !('system' in work)) return admitOfCall(work, captured, sql, parameters)
        return admitAsWritten(work, captured, sql, parameters)
      },
    }
    workOf.set(captured, work)
    if (work !== 'observed') capturedOf.set(work, captured)
    return captured
  }

  async function admitAsWritten(
    work: SystemWork | 'observed',
    captured: CapturedWork,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<AdmittedStatement> {
    captured.assertOpen()
    if (work !== 'observed') await audit?.append(systemStatementEvent(work, sql))
    return asWritten(sql, parameters, { ...captured, settle: nothingToSettle, isOpaque: true })
  }

  function enter(): CapturedWork {
    const work = currentCall() ?? (observing() ? 'observed' : undefined)
    if (work === undefined) throw new LockstepError('execution.no-call')
    // every statement of a call comes by here: what is captured of one is made once
    const captured = (work !== 'observed' && capturedOf.get(work)) || capture(work)
    captured.assertOpen()
    return captured
  }

  return {
    enter,
    // INVARIANT: everything up to the first await runs in the caller's own turn.
    async admit(sql, parameters) {
      return enter().admit(sql, parameters)
    },
  }
}

/** `'observed'` is a request whose refused call goes on because its tool is only observed. */
type Work = AuthorizedCall | SystemWork | 'observed'
type Settle = AdmittedStatement['settle']

const nothingToSettle = (): undefined => undefined

const refused = (code: ErrorCode) => ({ ok: false, error: new LockstepError(code), code }) as const

/** A write that was sent, and whose rows the policy did not permit. */
const deniedInside = refused('execution.write-denied')

/** A write whose call is no longer permitted on what it is about. */
const changedSince = refused('invocation.resource-changed')

function asWritten(
  text: string,
  parameters: readonly unknown[],
  { assertOpen, handle, settle, isOpaque }: Pick<AdmittedStatement, 'assertOpen' | 'handle' | 'settle' | 'isOpaque'>,
): AdmittedStatement {
  if (isOpaque && isTransactionControl(String(text))) {
    throw new LockstepError(
      'execution.statement-unsupported',
      'a transaction is opened and ended by its method, not by a text',
    )
  }
  return {
    text,
    parameters,
    scopes: [],
    assertHeld: async () => undefined,
    assertOpen,
    handle,
    settle,
    isOpaque,
  }
}
