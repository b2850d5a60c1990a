import type { JsonValue } from '@lockstep/core'
import { z } from 'zod'
import type { StandardSchema } from './tool-catalog.ts'

/** The drafts of JSON Schema that the SDKs list tools in. */
export type Draft = 'draft-2020-12' | 'draft-07'

/** The JSON Schema of what a schema accepts. One that cannot be written as JSON Schema is not listed either: `undefined`. */
export function describeInput(
  schema: StandardSchema | undefined,
  target: Draft = 'draft-2020-12',
): JsonValue | undefined {
  if (!schema) return undefined
  try {
    const { jsonSchema } = schema['~standard']
    if (jsonSchema) return jsonSchema.input({ target }) as JsonValue
    // The older SDK makes objects of zod's smaller build, which do not say it themselves.
    return isZod4(schema)
      ? (z.toJSONSchema(schema, { io: 'input', target: ZOD_TARGETS[target] }) as JsonValue)
      : undefined
  } catch {
    return undefined
  }
}

const ZOD_TARGETS = { 'draft-2020-12': 'draft-2020-12', 'draft-07': 'draft-7' } as const

function isZod4(schema: StandardSchema): schema is StandardSchema & z.core.$ZodType {
  return '_zod' in schema
}
