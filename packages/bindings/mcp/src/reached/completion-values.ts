import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { Carrier } from './carrier.ts'

/** Clients take no more (MCP, "Completion Results"). */
const MOST_VALUES = 100

/**
 * Carries the values of `completion/complete` as the member `values` of a structure: as they are, or each as the row of one column that a guarded
 * client must have returned, or each in the place of the stored record whose key it is. How many there are in all stays here.
 */
export function completionValues({ column, entity }: { column?: string; entity?: string } = {}): Carrier {
  const isStored = entity !== undefined && column !== undefined
  return {
    ...(isStored && { suggested: { entity, column } }),
    open({ completion }) {
      const given = isJsonObject(completion) && Array.isArray(completion.values) ? completion.values : []
      const texts = given.filter((value) => typeof value === 'string').slice(0, MOST_VALUES)
      return {
        structuredContent: {
          values: column === undefined || isStored ? texts : texts.map((text) => ({ [column]: text })),
        },
      }
    },
    close({ content: _, structuredContent, ...rest }) {
      const left =
        isJsonObject(structuredContent) && Array.isArray(structuredContent.values) ? structuredContent.values : []
      return { ...rest, completion: { values: left.flatMap((value) => textOf(value, column)) } }
    },
  }
}

/** The answer where nothing is suggested. */
export const NO_COMPLETION: JsonObject = { completion: { values: [] } }

function textOf(value: JsonValue, column: string | undefined): string[] {
  const text = column !== undefined && isJsonObject(value) ? value[column] : value
  return typeof text === 'string' ? [text] : []
}
