import {
  type AskRead,
  type AskWrite,
  type AuthorizedCall,
  isLockstepError,
  LockstepError,
  type MaskOptions,
  refuseUnknownOptions,
  type ScopedStatement,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import { type BoundPlan, bindPlan } from './cache/bind-plan.ts'
import { createBoundPlans } from './cache/bound-plans.ts'
import { followStatement } from './cache/follow-statement.ts'
import {
  createStatementMemory,
  type KnownStep,
  type StatementMemoryLimits,
  type StatementPlan,
} from './cache/statement-memory.ts'
import { findReleased, readReleased } from './grammar/released.ts'
import { type CatalogTable, createCatalog } from './policy/catalog.ts'
import { createRelationScopes, type ScopedAccess } from './policy/relation-scopes.ts'
import { type RewriteSurroundings, rewriteStatement } from './rewrite-statement.ts'
import { gateStatement, MOST_STATEMENT_BYTES, STATEMENT_BYTES } from './statement/gate.ts'
import { type ReadStatement, readStatement } from './statement/read-statement.ts'
import { heldResource } from './write/held-resource.ts'

/** How statements are rewritten. */
export interface RewriterOptions {
  /** The tables, views and functions that exist for callers. */
  readonly tables: TableMapping
  /** Asks the policy who may read the rows of an entity type. */
  readonly askRead: AskRead
  /**
   * Asks the policy who may create, update and delete them.
   * @defaultValue nothing is written
   */
  readonly askWrite?: AskWrite | undefined
  /**
   * The key of hashes, and masks of one's own.
   * @defaultValue none
   */
  readonly masks?: MaskOptions | undefined
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

/** Rewrites statements to what a call may see and write. */
export interface Rewriter {
  /**
   * Rewrites one statement so that hidden rows, columns and cells are out of its scope, and what may not be written is not.
   *
   * Throws LockstepError with a code of the execution layer for what is not released, and what `askRead` throws.
   */
  rewrite(call: AuthorizedCall, sql: string, parameters: readonly unknown[]): ScopedStatement
}

const OPTIONS = [
  'tables',
  'askRead',
  'askWrite',
  'masks',
  'functions',
  'operators',
  'types',
  'searchPath',
  'remember',
  'statementBytes',
]

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
  const { tables, askRead, askWrite, searchPath = ['public'], remember, statementBytes = STATEMENT_BYTES } = options
  if (typeof askRead !== 'function') throw new TypeError('`askRead` must be a function')
  if (!Number.isInteger(statementBytes) || statementBytes < 1 || statementBytes > MOST_STATEMENT_BYTES) {
    throw new TypeError(`\`statementBytes\` must be 1 to ${MOST_STATEMENT_BYTES}`)
  }
  const released = readReleased(options)
  const catalog = createCatalog(tables, released, options.masks)
  for (const [schema, name] of released.functions) {
    if (catalog.get(`${schema}.${name}`)?.kind === 'function') {
      throw new LockstepError(
        'execution.mapping-invalid',
        `\`${schema}.${name}\` is mapped, and \`functions\` would release it unfiltered`,
      )
    }
  }
  const scopes = createRelationScopes(askRead, askWrite)
  const memory = createStatementMemory(remember)
  const plans = createBoundPlans(scopes.decide)

  const find = (schema: string | undefined, name: string, isWanted: (table: CatalogTable) => boolean) => {
    for (const candidate of schema === undefined ? searchPath : [schema]) {
      const table = catalog.get(`${candidate}.${name}`)
      if (table && isWanted(table)) return table
    }
    return undefined
  }
  const findTable = (schema: string | undefined, name: string): CatalogTable => {
    const table = find(schema, name, ({ kind }) => kind !== 'function')
    if (!table) throw new LockstepError('execution.relation-unknown')
    return table
  }
  const findFunction = (schema: string | undefined, name: string) =>
    find(schema, name, ({ kind }) => kind === 'function')

  const configuredFunction = (schema: string | undefined, name: string) =>
    findReleased(released.functions, schema, name)

  /** Rewrites a text that is not known for tables of these shapes, and learns it. `asked` is what it asked about. */
  const rewriteAnew = (sql: string, count: number, scope: AskTable, asked: readonly ScopedAccess[]): StatementPlan => {
    gateStatement(sql, statementBytes)
    let read: ReadStatement | undefined
    let asking = false
    const ask = <T>(question: () => T): T => {
      asking = true
      const answer = question()
      asking = false
      return answer
    }
    try {
      read = readStatement(sql, released)
      if (read.parameters === count) {
        const plan = rewriteStatement(read, {
          findTable,
          findFunction,
          configuredFunction,
          scopes: {
            read: (table) => ask(() => scope.read(table)),
            write: (table, access) => ask(() => scope.write(table, access)),
          },
        })
        memory.learn(sql, count, asked, { plan })
        return plan
      }
    } catch (error) {
      // a policy that cannot be asked, and a parser that is not there, say nothing about the text
      if (!asking && isLockstepError(error) && error.code !== 'execution.parser-unavailable') {
        const { code, detail } = error
        memory.learn(sql, read?.parameters, asked, { refused: { code, detail } })
      }
      throw error
    }
    throw new LockstepError('execution.statement-invalid', 'its parameters are not the ones that were sent')
  }

  /** What a text comes to for one call, from what is known of it as far as it goes. */
  const bindFor = (call: AuthorizedCall, sql: string, count: number, known: KnownStep | undefined): BoundPlan => {
    let asked: ScopedAccess[] = []
    const note = <T extends ScopedAccess>(scoped: T): T => {
      asked.push(scoped)
      return scoped
    }
    const scope: AskTable = {
      read: (table) => note(scopes.read(call, table)),
      write: (table, access) => note(scopes.write(call, table, access)),
    }
    let plan = followStatement(known, (table, access) =>
      access === 'read' ? scope.read(table) : scope.write(table, access),
    )
    if (!plan) {
      asked = []
      plan = rewriteAnew(sql, count, scope, asked)
    }
    return bindPlan(plan, asked)
  }

  /** What a write asks of the resource of its call, if a relation holds it. */
  const heldFor = ({ resource, demands }: AuthorizedCall, { relations }: BoundPlan): ScopedStatement['held'] => {
    // INVARIANT: the relation that resources are loaded from, so that what was decided on is what is asked again
    const [id = ''] = (resource && tableOfEntity(tables, resource.type)) ?? []
    const table = catalog.get(id)
    if (!resource || !demands || !table || table.kind === 'function') return undefined
    const isChanged = relations.some(
      ({ table: written, access }) => written === table && (access === 'update' || access === 'delete'),
    )
    return heldResource(table, resource, demands, isChanged)
  }

  return {
    rewrite(call, sql, parameters) {
      const known = memory.find(sql, parameters.length)
      let plan = known && plans.find(call, known)
      if (!plan) {
        plan = bindFor(call, sql, parameters.length, known)
        if (known) plans.keep(call, known, plan)
      }
      const { text, write, values, scopes: narrowed, labels, isSteady } = plan
      const bound = parameters.concat(values)
      if (!write) return { text, parameters: bound, isSteady, scopes: narrowed, labels }
      return { text, write, parameters: bound, isSteady, scopes: narrowed, labels, held: heldFor(call, plan) }
    },
  }
}

type AskTable = RewriteSurroundings['scopes']
