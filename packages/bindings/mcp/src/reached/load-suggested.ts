import {
  type JsonObject,
  type JsonValue,
  LockstepError,
  type ResourceSource,
  type TableMapping,
  tableOfEntity,
} from '@lockstep/core'
import { storedRecord } from '@lockstep/execution/egress'
import type { Reached } from './declare-reached.ts'

/** The column of an entity whose values are suggested. */
export interface SuggestedColumn {
  readonly entity: string
  readonly column: string
}

/** Puts the stored records in the place of keys of theirs that were suggested. Rejects where a record cannot be loaded. */
export type LoadSuggested = (result: JsonObject, suggested: SuggestedColumn) => Promise<JsonObject>

/**
 * Creates what loads the records that suggested keys are of, so that each leaves only where the caller may read it of that very record. A key of no
 * record is dropped.
 *
 * @throws LockstepError `configuration.invalid` for a column that is not the key of a mapped table
 */
export function createLoadSuggested(
  { suggested }: Pick<Reached, 'suggested'>,
  tables: TableMapping,
  source: ResourceSource | undefined,
): LoadSuggested {
  for (const [name, { entity, column }] of suggested) {
    const [, table] = tableOfEntity(tables, entity) ?? []
    if (table?.key !== column) {
      throw new LockstepError(
        'configuration.invalid',
        `the completion \`${name}\`: \`${column}\` is no key of \`${entity}\``,
      )
    }
  }
  return async ({ structuredContent, ...rest }, { entity, column }) => {
    const [, table] = tableOfEntity(tables, entity) ?? []
    const values = structuredContent as { readonly values: readonly string[] }
    const records = await Promise.all(
      values.values.map(async (key): Promise<JsonValue[]> => {
        const stored = await source?.load(entity, key)
        return stored && table ? [storedRecord(table, column, stored)] : []
      }),
    )
    return { ...rest, structuredContent: { values: records.flat() } }
  }
}
