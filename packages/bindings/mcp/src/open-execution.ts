import type { AskRead, AuditSink, AuthorizedCall, Mode, RelationScope, ResourceSource } from '@lockstep/core'
import {
  checkTables,
  createExecutionGuard,
  createResourceSource,
  createRewriter,
  type ExecutionGuard,
  type FinalRows,
  loadParser,
  type Rewriter,
} from '@lockstep/execution'
import { release } from '@lockstep/execution/egress'
import type { LockstepConfiguration } from './configuration.ts'
import type { ExchangeContext } from './exchange.ts'
import { createRelease, type Release } from './release.ts'

/** One statement as a tool sent it and as it was run. The texts hold no bound values. */
export interface RewriteEvent {
  readonly tool: string
  readonly before: string
  readonly after: string
  readonly scopes: readonly RelationScope[]
}

/** The execution layer of one instance. */
export interface OpenedExecution {
  readonly guard: ExecutionGuard
  readonly release: Release
  readonly resources: ResourceSource | undefined
}

/** What `openExecution` needs. */
export interface OpenExecutionOptions {
  readonly configuration: LockstepConfiguration
  readonly askRead: AskRead
  readonly finalRows: FinalRows
  readonly audit: AuditSink
  readonly context: ExchangeContext
  readonly isOpen: (call: AuthorizedCall) => boolean
  readonly modeOf: (call: AuthorizedCall) => Mode
}

/**
 * Opens the execution layer, and checks the table mapping against the database.
 *
 * @throws LockstepError `execution.mapping-invalid`, `execution.parser-unavailable`
 */
export async function openExecution(options: OpenExecutionOptions): Promise<OpenedExecution> {
  const { configuration, askRead, finalRows, audit, context, isOpen, modeOf } = options
  const { tables = {}, database, functions, onRewrite } = configuration
  await loadParser()
  if (database)
    await checkTables(tables, (text, parameters) => database.query(text, parameters).then(({ rows }) => rows))

  const rewriter = createRewriter({ tables, askRead, functions })
  const told: Rewriter = {
    rewrite(call, sql, parameters) {
      const statement = rewriter.rewrite(call, sql, parameters)
      onRewrite?.({ tool: call.tool, before: sql, after: statement.text, scopes: statement.scopes })
      return statement
    },
  }
  return {
    guard: createExecutionGuard({
      rewriter: told,
      currentCall: () => context.current()?.call ?? context.current()?.system,
      observing: () => context.current()?.mode === 'observe',
      isOpen,
      finalRows,
      audit,
      mode: modeOf,
    }),
    resources:
      configuration.resources ??
      (database &&
        createResourceSource({
          tables,
          query: (text, parameters) => database.query(text, parameters).then(({ rows }) => rows),
        })),
    release: createRelease(configuration.tools, (call, result, output) =>
      release(call, result, output, { tables, askRead, isFinalRow: finalRows.has }),
    ),
  }
}
