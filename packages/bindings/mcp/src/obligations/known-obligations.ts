import { isJsonObject, type JsonValue, type ObligationRegistry, ROW_CLASS, uniteObligations } from '@lockstep/core'
import type { LockstepConfiguration } from '../configuration.ts'

type Configured = Pick<LockstepConfiguration, 'tables' | 'tools' | 'acrValues' | 'obligations'>

/**
 * The obligations that an instance carries out, by annotation: those of the house, and those of its configuration. A policy that names any other
 * does not load.
 *
 * @throws TypeError for an obligation of the configuration that is called like one of the house
 */
export function knownObligations(configuration: Configured): ObligationRegistry {
  const { acrValues = [], obligations = {} } = configuration
  const among = fieldClasses(configuration)
  const own = Object.entries(obligations.own ?? {}).map(([name, { value }]) => [name, value] as const)
  return uniteObligations(
    {
      mask: { kind: 'names', among },
      drop: { kind: 'names', among },
      limit: { kind: 'integer', atLeast: 0, atMost: 100_000 },
      redact_attachments: { kind: 'names', among: ['image', 'audio', 'resource', 'resource_link', 'all'] },
      limit_attachments: { kind: 'integer', atLeast: 0 },
      redact_labeled: { kind: 'names' },
      watermark: { kind: 'text' },
      terminate_session: { kind: 'none' },
      ...(acrValues.length > 0 ? { step_up: { kind: 'oneOf', values: acrValues } } : {}),
      ...(obligations.redactText ? { redact_text: { kind: 'none' } } : {}),
      ...(obligations.notify ? { notify: { kind: 'text' } } : {}),
    },
    Object.fromEntries(own),
  )
}

/** Every class that a field can be of. That of rows is not among them: who sees a row sees its plain columns. */
function fieldClasses({ tables = {}, tools = {} }: Configured): readonly string[] {
  const columns = Object.values(tables).flatMap((table) => Object.values(table.columns))
  const found = new Set(columns.flatMap((column) => column.class ?? []))
  for (const { outputSchema } of Object.values(tools)) if (outputSchema) collectClasses(outputSchema, found)
  found.delete(ROW_CLASS)
  return [...found].sort()
}

/** Schemas were held against their bounds before. */
function collectClasses(schema: JsonValue, found: Set<string>, depth = 0): void {
  if (depth > 128) return
  if (Array.isArray(schema)) for (const one of schema) collectClasses(one, found, depth + 1)
  else if (isJsonObject(schema)) {
    const mark = schema['x-lockstep']
    if (isJsonObject(mark) && typeof mark.class === 'string') found.add(mark.class)
    for (const one of Object.values(schema)) collectClasses(one, found, depth + 1)
  }
}
