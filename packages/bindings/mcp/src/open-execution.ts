import type { AskRead, AuditSink, AuthorizedCall, Mode, ResourceSource } from '@lockstep/core'
import {
  checkTables,
  createExecutionGuard,
  createResourceSource,
  createRewriter,
  type ExecutionGuard,
  type FinalRows,
  loadParser,
} from '@lockstep/execution'
import { release } from '@lockstep/execution/egress'
import type { LockstepConfiguration } from './configuration.ts'
import type { ExchangeContext } from './exchange.ts'
import { createRelease, type Release } from './release.ts'

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
  /** Whether the statements of a tool, or of none, are enforced. */
  readonly executionMode: (tool: string | undefined) => Mode
  /** Raises labels of what was read, durably, before it is given out. */
  readonly raise: (call: AuthorizedCall, labels: readonly string[]) => Promise<void>
}

/**
 * Opens the execution layer, and checks the table mapping against the database.
 *
 * @throws LockstepError `execution.mapping-invalid`, `execution.parser-unavailable`
 */
export async function openExecution(options: OpenExecutionOptions): Promise<OpenedExecution> {
  const { configuration, askRead, finalRows, audit, context, isOpen, executionMode, raise } = options
  const { tables = {}, database, functions, onRewrite } = configuration
  await loadParser()
  if (database)
    await checkTables(tables, (text, parameters) => database.query(text, parameters).then(({ rows }) => rows))

  const rewriter = createRewriter({ tables, askRead, functions })
  return {
    guard: createExecutionGuard({
      rewriter,
      currentCall: () => context.current()?.call ?? context.current()?.system,
      observing: () => {
        const exchange = context.current()
        return exchange?.mode === 'observe' && executionMode(exchange.tool) === 'observe'
      },
      isOpen,
      finalRows,
      audit,
      onRewrite,
      raise,
      mode: (call) => executionMode(call.tool),
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
