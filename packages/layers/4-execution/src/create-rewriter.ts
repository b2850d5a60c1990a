import {
  type AskRead,
  type AuthorizedCall,
  isLockstepError,
  LockstepError,
  refuseUnknownOptions,
  type ScopedStatement,
  type TableMapping,
} from '@lockstep/core'
import { followStatement } from './cache/follow-statement.ts'
import {
  type AskedTable,
  createStatementMemory,
  type StatementMemoryLimits,
  type StatementPlan,
} from './cache/statement-memory.ts'
import { findReleased, readReleased } from './grammar/released.ts'
import { labelQuestions } from './labels/label-questions.ts'
import { type CatalogTable, createCatalog } from './policy/catalog.ts'
import { createRelationScopes } from './policy/relation-scopes.ts'
import type { ScopedRelation } from './policy/scope-relation.ts'
import { rewriteSelect } from './rewrite-select.ts'
import { gateStatement, MOST_STATEMENT_BYTES, STATEMENT_BYTES } from './statement/gate.ts'
import { type ReadSelect, readSelect } from './statement/read-select.ts'

/** How statements are rewritten. */
export interface RewriterOptions {
  /** The tables that exist for callers. */
  readonly tables: TableMapping
  /** Asks the policy who may read the rows of an entity type. */
  readonly askRead: AskRead
  /**
   * Further functions that statements may call, schema-qualified: `public.fiscal_year`. They must compute on their arguments
   * alone; one that reads tables reads them unfiltered.
   * @defaultValue none
   */
  readonly functions?: readonly string[] | undefined
  /**
   * Further operators, schema-qualified: `public.<->`. Their functions must compute on their arguments alone. A name that
   * PostgreSQL has too means PostgreSQL's, unless the statement says `OPERATOR(schema.name)`.
   * @defaultValue none
   */
  readonly operators?: readonly string[] | undefined
  /**
   * Further types that statements may cast to and columns may have, schema-qualified: `public.vector`. Their input functions
   * must compute on their arguments alone.
   * @defaultValue none
   */
  readonly types?: readonly string[] | undefined
  /**
   * Schemas in which a bare table name is looked up, in order.
   * @defaultValue `['public']`
   */
  readonly searchPath?: readonly string[] | undefined
  /** How many rewritten statements are remembered. What is forgotten is rewritten anew. */
  readonly remember?: StatementMemoryLimits | undefined
  /**
   * The longest statement, in UTF-8 bytes, up to 1,048,576. Beyond 16,384 only flat statements pass: long lists of values.
   * @defaultValue 16384
   */
  readonly statementBytes?: number | undefined
}

/** Rewrites statements to what a call may see. */
export interface Rewriter {
  /**
   * Rewrites one SELECT so that hidden rows, columns and cells are out of its scope.
   *
   * Throws LockstepError with a code of the execution layer for what is not released, and what `askRead` throws.
   */
  rewrite(call: AuthorizedCall, sql: string, parameters: readonly unknown[]): ScopedStatement
}

const OPTIONS = ['tables', 'askRead', 'functions', 'operators', 'types', 'searchPath', 'remember', 'statementBytes']

/**
 * Creates the rewriter. Await `loadParser()` before. Throws `TypeError` for options that are not valid and
 * `execution.mapping-invalid` for a table mapping that is not.
 *
 * @example
 * ```ts
 * await loadParser()
 * const { rewrite } = createRewriter({ tables, askRead })
 * const { text, parameters } = rewrite(call, 'SELECT id, iban FROM expenses WHERE amount > $1', [100])
 * ```
 */
export function createRewriter(options: RewriterOptions): Rewriter {
  refuseUnknownOptions(options, OPTIONS, 'createRewriter()')
  const { tables, askRead, searchPath = ['public'], remember, statementBytes = STATEMENT_BYTES } = options
  if (typeof askRead !== 'function') throw new TypeError('`askRead` must be a function')
  if (!Number.isInteger(statementBytes) || statementBytes < 1 || statementBytes > MOST_STATEMENT_BYTES) {
    throw new TypeError(`\`statementBytes\` must be 1 to ${MOST_STATEMENT_BYTES}`)
  }
  const released = readReleased(options)
  const catalog = createCatalog(tables, released)
  const scopeOf = createRelationScopes(askRead)
  const memory = createStatementMemory(remember)

  const findTable = (schema: string | undefined, name: string): CatalogTable => {
    for (const candidate of schema === undefined ? searchPath : [schema]) {
      const table = catalog.get(`${candidate}.${name}`)
      if (table) return table
    }
    throw new LockstepError('execution.relation-unknown')
  }

  const configuredFunction = (schema: string | undefined, name: string) =>
    findReleased(released.functions, schema, name)

  return {
    rewrite(call, sql, parameters) {
      const asked: AskedTable[] = []
      let asking = false
      const scope = (table: CatalogTable): ScopedRelation => {
        asking = true
        const relation = scopeOf(call, table)
        asking = false
        asked.push({ table, relation })
        return relation
      }

      const anew = (): StatementPlan => {
        asked.length = 0
        gateStatement(sql, statementBytes)
        let read: ReadSelect | undefined
        try {
          read = readSelect(sql, released)
          if (read.parameters === parameters.length) {
            const plan = rewriteSelect(read, { findTable, configuredFunction, scopeOf: scope })
            memory.learn(sql, read.parameters, asked, { plan })
            return plan
          }
        } catch (error) {
          // a policy that cannot be asked, and a parser that is not there, say nothing about the text
          if (!asking && isLockstepError(error) && error.code !== 'execution.parser-unavailable') {
            memory.learn(sql, read?.parameters, asked, { refused: error })
          }
          throw error
        }
        throw new LockstepError('execution.statement-invalid', 'its parameters are not the ones that were sent')
      }

      const known = memory.find(sql, parameters.length)
      const plan = (known && followStatement(known, scope)) ?? anew()
      return {
        text: plan.text,
        parameters: [...parameters, ...asked.flatMap(({ relation }) => relation.values)],
        scopes: asked.map(({ relation }) => relation.scope),
        labels: asked.flatMap(({ table, relation }, index) =>
          labelQuestions(table, relation, plan.labels[index] ?? []),
        ),
      }
    },
  }
}
