import type { AuditRecord } from '@lockstep/audit'
import type { DescribedPolicy } from '@lockstep/core'
import { align } from './align.ts'
import { showRecord } from './show-record.ts'
import { visibleText } from './visible-text.ts'

/** The policies that are in force now, as far as the configuration loads. */
export interface PoliciesNow {
  readonly version: string
  readonly policies: readonly DescribedPolicy[]
}

/** A recorded decision for a person: the record, then what it can be held against now. */
export function showDecision(record: AuditRecord, now: PoliciesNow | undefined): string {
  const { policies = [], policyVersion, trace } = record
  const lines: (readonly [string, string])[] = [['trace', visibleText(trace)]]
  if (now && policyVersion !== undefined) {
    const same = now.version === policyVersion
    lines.push([
      'policies now',
      same ? 'the same version' : `another version (${visibleText(now.version)}): what they say now may differ`,
    ])
    for (const id of policies) {
      lines.push([same ? 'decided by' : 'then decided by', visibleText(placeOf(id, now.policies, same))])
    }
  }
  if (policies.length === 0 && record.outcome === 'denied' && policyVersion !== undefined) {
    lines.push(['decided by', 'no policy: nothing permitted it'])
  }
  return showRecord(record, false) + align(lines, '    ')
}

function placeOf(id: string, policies: readonly DescribedPolicy[], same: boolean): string {
  const found = policies.find((policy) => policy.id === id)
  if (!found) return `${id}, which is no longer there`
  return same ? `${found.effect} ${id} (${found.file}:${found.line})` : `${id}, now at ${found.file}:${found.line}`
}
