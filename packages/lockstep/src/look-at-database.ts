import { type AttributeType, type EntityDeclarations, isLockstepError, LockstepError } from '@lockstep/core'
import { fitTable, type Query, readLiveColumns, relationsOf } from '@lockstep/execution'
import type { LockstepConfiguration } from '@lockstep/mcp'
import type { CedarType } from '@lockstep/policy'
import { type LiveTables, mappedEntities } from './mapped-entities.ts'

/** What could be seen of the mapped tables in the database. */
export interface DatabaseView {
  readonly state: 'checked' | 'unreachable' | 'none'
  readonly live: LiveTables
  /** For each table that is not as it is mapped, why the server would not start. */
  readonly faults: readonly { readonly table: string; readonly says: string }[]
}

/** An embedded database is initialized first, which takes seconds of a processor. */
const MOST_MS = 30_000

/**
 * Looks at the mapped tables through the configured database, for at most half a minute.
 *
 * @param declared what the policy's schema declares of entities; without a schema, what one declares that follows from the tables
 */
export async function lookAtDatabase(
  { tables = {}, database }: LockstepConfiguration,
  declared?: EntityDeclarations,
): Promise<DatabaseView> {
  if (!database || Object.keys(tables).length === 0) return { state: 'none', live: undefined, faults: [] }
  const query: Query = (text, parameters) => database.query(text, parameters).then(({ rows }) => rows)
  try {
    const live = await inTime(() => readLiveColumns(relationsOf(tables), query))
    return { state: 'checked', live, faults: faultsOf(tables, live, declared ?? scaffolded(tables, live)) }
  } catch (error) {
    if (isLockstepError(error) && error.code === 'execution.database-failed') {
      return { state: 'unreachable', live: undefined, faults: [] }
    }
    throw error
  }
}

type Tables = NonNullable<LockstepConfiguration['tables']>

function faultsOf(tables: Tables, live: NonNullable<LiveTables>, declared: EntityDeclarations): DatabaseView['faults'] {
  return Object.keys(tables).flatMap((table) => {
    try {
      fitTable(table, tables, live, declared)
      return []
    } catch (error) {
      if (!isLockstepError(error)) throw error
      return [{ table, says: error.message }]
    }
  })
}

/** What the schema will declare that is generated from the tables: an attribute is optional where its column may be NULL. */
function scaffolded(tables: Tables, live: NonNullable<LiveTables>): EntityDeclarations {
  return new Map(
    mappedEntities(tables, live).map(({ name, attributes }) => {
      const above = Object.values(tables).flatMap(({ entity, parents = {} }) =>
        entity === name ? Object.keys(parents) : [],
      )
      const typed = [...attributes].map(([attribute, { type, required }]) => {
        return [attribute, { type: declaredType(type), required }] as const
      })
      return [name, { attributes: new Map(typed), above: new Set(above) }]
    }),
  )
}

const CEDAR_TYPES: Readonly<Record<string, AttributeType | undefined>> = {
  Bool: { is: 'boolean' },
  Long: { is: 'long' },
  String: { is: 'string' },
  decimal: { is: 'extension', type: 'decimal' },
  datetime: { is: 'extension', type: 'datetime' },
}

function declaredType(type: CedarType): AttributeType {
  if (type.is === 'set') return { is: 'set', of: declaredType(type.element) }
  if (type.is === 'record') return { is: 'record' }
  return CEDAR_TYPES[type.name] ?? { is: 'entity', entity: type.name }
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LockstepError('execution.database-failed', 'no answer in time')), MOST_MS)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
