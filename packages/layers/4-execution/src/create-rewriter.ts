import {
  type AskRead,
  type AuthorizedCall,
  LockstepError,
  refuseUnknownOptions,
  type ScopedStatement,
  type TableMapping,
} from '@lockstep/core'
import type { RangeVar, SelectStmt } from 'libpg-query'
import { checkShape } from './grammar/check-shape.ts'
import { labelQuestions } from './labels/label-questions.ts'
import { rowSources } from './labels/row-sources.ts'
import { hasTotalOrder } from './labels/total-order.ts'
import { type CatalogTable, createCatalog } from './policy/catalog.ts'
import { type ScopedRelation, scopeRelation } from './policy/scope-relation.ts'
import { checkSettled } from './resolve/check-settled.ts'
import { resolveSelect } from './resolve/resolve-select.ts'
import { parameter } from './statement/ast.ts'
import { checkParameters } from './statement/check-parameters.ts'
import { gateStatement } from './statement/gate.ts'
import { parseSelect } from './statement/parse-select.ts'
import { printSelect } from './statement/print-select.ts'

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
   * Schemas in which a bare table name is looked up, in order.
   * @defaultValue `['public']`
   */
  readonly searchPath?: readonly string[] | undefined
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
  refuseUnknownOptions(options, ['tables', 'askRead', 'functions', 'searchPath'], 'createRewriter()')
  const { tables, askRead, functions = [], searchPath = ['public'] } = options
  if (typeof askRead !== 'function') throw new TypeError('`askRead` must be a function')
  const catalog = createCatalog(tables)
  const configured = functions.map(qualifiedFunction)

  const findTable = (schema: string | undefined, name: string): CatalogTable => {
    for (const candidate of schema === undefined ? searchPath : [schema]) {
      const table = catalog.get(`${candidate}.${name}`)
      if (table) return table
    }
    throw new LockstepError('execution.relation-unknown')
  }

  const fromTable = ({ schemaname, relname = '', alias }: RangeVar) => ({
    name: alias?.aliasname ?? relname,
    table: findTable(schemaname, relname),
  })

  return {
    rewrite(call, sql, parameters) {
      gateStatement(sql)
      const select = parseSelect(sql)
      checkShape('SelectStmt', select)
      checkParameters(select, parameters.length)

      const sources = rowSources(select)
      const values: unknown[] = []
      const bind = (value: unknown) => parameter(parameters.length + values.push(value))
      const relations = new Map<CatalogTable, ScopedRelation>()
      const mentions: CatalogTable[] = []
      const settled = new WeakSet<SelectStmt | RangeVar>()
      const output = resolveSelect(select, {
        outer: undefined,
        ctes: new Map(),
        context: {
          settled,
          resolveSelect,
          relation(schema, name) {
            const table = findTable(schema, name)
            const known = relations.get(table) ?? scopeRelation(table, askRead(call, table.entity), bind)
            relations.set(table, known)
            mentions.push(table)
            return { ...known, schema: table.schema }
          },
          configuredFunction: (schema, name) =>
            configured.find((item) => item[1] === name && (schema === undefined || item[0] === schema)),
        },
      })
      checkSettled({ SelectStmt: select }, settled)
      const isOrdered = sources !== undefined && hasTotalOrder(select, sources.tables.map(fromTable), output)
      const shown = sources && isOrdered ? sources.shown.map((range) => fromTable(range).table) : []
      const isShown = (table: CatalogTable): boolean =>
        shown.includes(table) && mentions.filter((mention) => mention === table).length === 1
      return {
        text: printSelect(select),
        parameters: [...parameters, ...values],
        scopes: [...relations.values()].map(({ scope }) => scope),
        labels: [...relations].flatMap(([table, known]) => labelQuestions(table, known, output, isShown(table))),
      }
    },
  }
}

function qualifiedFunction(text: string): readonly [string, string] {
  const [schema, name, ...rest] = text.split('.')
  if (!schema || !name || rest.length > 0) throw new TypeError('`functions` must name `schema.function`')
  return [schema, name]
}
