import type { HistoryMember } from '@lockstep/core'
import { type CedarMember, type CedarRecord, named } from './cedar-type.ts'

/** The member `history` of an action's context. */
export interface HistoryRecord {
  readonly type: { readonly is: 'record'; readonly record: CedarRecord }
  readonly required: boolean
}

/**
 * The record of what is told of the calls before, for the tools of one action: a member is required where it is told of all of them.
 * `undefined` where nothing is told of any.
 */
export function historyRecord(tools: readonly (readonly HistoryMember[])[]): HistoryRecord | undefined {
  if (tools.every((members) => members.length === 0)) return undefined
  const record = (group: HistoryMember['group']) => {
    const all = tools.flatMap((members) => members.filter((member) => member.group === group))
    return new Map(
      all.map(({ name, type }): readonly [string, CedarMember] => {
        const required = tools.every((members) =>
          members.some((one) => one.group === group && one.name === name && !one.optional),
        )
        return [name, { type: named(type), required, notes: [] }]
      }),
    )
  }
  const members = new Map(record(undefined))
  for (const group of ['counts', 'sums'] as const) {
    const grouped = record(group)
    if (grouped.size === 0) continue
    const required = tools.every((own) => own.some((one) => one.group === group))
    members.set(group, { type: { is: 'record', record: { members: grouped, gaps: [] } }, required, notes: [] })
  }
  const required = tools.every((own) => own.length > 0)
  return { type: { is: 'record', record: { members, gaps: [] } }, required }
}
