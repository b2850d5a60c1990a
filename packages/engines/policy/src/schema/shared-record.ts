import type { CedarMember, CedarRecord } from './cedar-type.ts'
import { printType } from './print-schema.ts'

/**
 * The record that fits the arguments of several tools of one action: a member is required where all have and require it. One that has
 * different types is no member, and is named.
 */
export function sharedRecord(records: readonly CedarRecord[]): {
  readonly record: CedarRecord
  readonly clashes: readonly string[]
} {
  const [only, ...others] = records
  if (only && others.length === 0) return { record: only, clashes: [] }
  const members = new Map<string, CedarMember>()
  const clashes = new Set<string>()
  for (const record of records) {
    for (const [name, member] of record.members) {
      const known = members.get(name)
      if (known && printType(known.type) !== printType(member.type)) clashes.add(name)
      const required = records.every((one) => one.members.get(name)?.required === true)
      members.set(name, { ...member, required })
    }
  }
  for (const name of clashes) members.delete(name)
  const told = [...clashes].map((name) => ({ name, says: 'differs between the tools of this action' }))
  return { record: { members, gaps: [...records.flatMap(({ gaps }) => gaps), ...told] }, clashes: [...clashes] }
}
