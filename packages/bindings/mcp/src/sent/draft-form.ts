import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { ResultPlan } from '@lockstep/execution/egress'
import { type Draft, draftOf, type Put } from './draft.ts'

const MOST_FIELDS = 64
const MOST_CHOICES = 256
const TYPES = new Set<JsonValue>(['string', 'number', 'integer', 'boolean', 'array'])
const FORMATS = new Set<JsonValue>(['email', 'uri', 'date', 'date-time'])
/** Members of a field whose value says how it is filled in, and holds nothing else. */
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems'] as const
const TEXTS = ['title', 'description'] as const
const VALUES = ['minimum', 'maximum', 'default'] as const

/**
 * Drafts an elicitation by a form (MCP 2025-11-25 and 2026-07-28): its message, and of its fields the flat ones that the protocol knows. Every text in
 * it leaves by the plan, names and choices too; a form one of whose names or choices stays behind asks something else, and is none.
 */
export function draftForm(
  { mode, message, requestedSchema }: JsonObject,
  plan: ResultPlan | undefined,
): Draft | undefined {
  if ((mode !== undefined && mode !== 'form') || typeof message !== 'string' || !isJsonObject(requestedSchema)) {
    return undefined
  }
  const { properties, required } = requestedSchema
  const fields = isJsonObject(properties) ? Object.entries(properties) : []
  if (fields.length > MOST_FIELDS) return undefined
  return draftOf(plan, (put) => {
    const said = put(message)
    const left = fields.map(([name, field]) => ({ name, named: put(name), field: readField(field, put) }))
    const whole = left.flatMap(({ name, named, field }) => (named === name && field ? [[name, field] as const] : []))
    if (typeof said !== 'string' || whole.length < fields.length) return undefined
    const names = Array.isArray(required) ? required.filter((name) => fields.some(([known]) => known === name)) : []
    return {
      ...(mode === undefined ? {} : { mode }),
      message: said,
      requestedSchema: { type: 'object', properties: Object.fromEntries(whole), required: names },
    }
  })
}

function readField(field: JsonValue, put: Put): JsonObject | undefined {
  if (!isJsonObject(field) || field.type === undefined || !TYPES.has(field.type)) return undefined
  const texts = TEXTS.flatMap((name) => (typeof field[name] === 'string' ? [[name, put(field[name])] as const] : []))
  const values = VALUES.flatMap((name) => (isScalars(field[name]) ? [[name, put(field[name])] as const] : []))
  const choices = readChoices(field, put)
  const items = isJsonObject(field.items) ? readChoices(field.items, put) : undefined
  if (!choices || (field.items !== undefined && !items)) return undefined
  return {
    type: field.type,
    ...(field.format !== undefined && FORMATS.has(field.format) ? { format: field.format } : {}),
    ...Object.fromEntries(COUNTS.flatMap((name) => (isCount(field[name]) ? [[name, field[name]]] : []))),
    ...Object.fromEntries([...texts, ...values].filter(([, left]) => left !== undefined)),
    ...choices,
    ...(items ? { items: { ...(items.enum ? { type: 'string' } : {}), ...items } } : {}),
  }
}

/** The choices of a field; undefined where one of them does not leave. */
function readChoices(field: JsonObject, put: Put): JsonObject | undefined {
  const read: Record<string, JsonValue> = {}
  for (const name of ['enum', 'enumNames', 'oneOf', 'anyOf'] as const) {
    const given = field[name]
    if (given === undefined) continue
    if (!Array.isArray(given) || given.length > MOST_CHOICES) return undefined
    const left = given.map((choice) => readChoice(choice, put))
    const whole = left.filter((choice) => choice !== undefined)
    if (whole.length < left.length) return undefined
    read[name] = whole
  }
  return read
}

function readChoice(choice: JsonValue, put: Put): JsonValue | undefined {
  if (typeof choice === 'string') return put(choice)
  if (!isJsonObject(choice) || typeof choice.const !== 'string') return undefined
  const value = put(choice.const)
  const title = typeof choice.title === 'string' ? put(choice.title) : undefined
  return value === undefined ? undefined : { const: value, ...(title === undefined ? {} : { title }) }
}

function isScalars(value: JsonValue | undefined): value is JsonValue {
  if (Array.isArray(value)) return value.length <= MOST_CHOICES && value.every((one) => typeof one === 'string')
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function isCount(value: JsonValue | undefined): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
