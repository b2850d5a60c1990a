import type { AuditRecord } from '@lockstep/audit'
import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { align } from './align.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** One record for a person: a heading, and a line for each thing that it says. */
export function showRecord(record: AuditRecord, isOutcomeUnknown: boolean): string {
  const { seq, at, step, outcome, code, subject, actor, tool, policies, policyVersion, detail = {} } = record
  const unknown = isOutcomeUnknown ? '  outcome unknown' : ''
  const heading = `${seq}  ${new Date(at).toISOString()}  ${visibleText(step)}  ${visibleText(outcome)}${unknown}\n`
  const { digests, statement, rows, fields, masked, relations, ...rest } = detail
  const pairs = [
    ['code', code],
    ['subject', subject],
    ['actor', actor],
    ['tool', tool],
    ['policies', policies?.join(', ')],
    ['policy version', policyVersion],
    ['digests', sayDigests(digests, statement)],
    ['withheld', sayWithheld({ rows, fields, masked }, relations)],
  ] as const
  const lines = [
    ...pairs.flatMap(([name, value]) => (value ? [[name, visibleText(value)] as const] : [])),
    ...Object.entries(rest).map(
      ([name, value]) =>
        [visibleText(name), typeof value === 'string' ? visibleText(value) : visibleJson(value)] as const,
    ),
  ]
  return heading + (lines.length > 0 ? align(lines, '    ') : '')
}

function sayDigests(digests: JsonValue | undefined, statement: JsonValue | undefined): string {
  const all = { ...(isJsonObject(digests) ? digests : {}), ...(statement === undefined ? {} : { statement }) }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(', ')
}

/** What a layer held back: rows, fields and masks of a result, or the columns of a statement's relations. */
function sayWithheld(result: Record<string, JsonValue | undefined>, relations: JsonValue | undefined): string {
  const counts = Object.entries(result).flatMap(([name, value]) => (value === undefined ? [] : say(name, value)))
  const scopes = Array.isArray(relations) ? relations.filter((scope) => isJsonObject(scope)) : []
  return [...counts, ...scopes.flatMap(sayRelation)].join('; ')
}

function sayRelation({ relation, hiddenColumns, maskedColumns }: JsonObject): string[] {
  const held = [...say('hidden', hiddenColumns ?? []), ...say('masked', maskedColumns ?? [])]
  return [`${plain(relation ?? '')}: rows by policy${held.map((text) => `, ${text}`).join('')}`]
}

function say(name: string, value: JsonValue): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${name} ${value.map(plain).join(', ')}`]
  return value === 0 ? [] : [`${name} ${plain(value)}`]
}

function plain(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
