import type { AuditRecord } from '@lockstep/audit'

/**
 * The records, by position, of intents that no outcome followed: a call that was let through (its record names the call), or
 * trusted work that began (its record names the reason). Whether the effect happened, the log does not say.
 */
export function unknownOutcomes(records: readonly AuditRecord[]): ReadonlySet<number> {
  const open = new Map<string, number>()
  for (const record of records) {
    const about = subjectOf(record)
    if (about === undefined) continue
    if (isIntent(record)) open.set(about, record.seq)
    else if (record.outcome === 'completed' || record.outcome === 'failed') open.delete(about)
  }
  return new Set(open.values())
}

function subjectOf({ step, detail }: AuditRecord): string | undefined {
  if (step === 'system') return typeof detail?.reason === 'string' ? `system ${detail.reason}` : undefined
  return typeof detail?.call === 'string' ? `call ${detail.call}` : undefined
}

function isIntent({ step, outcome }: AuditRecord): boolean {
  return (step === 'invocation' || step === 'system') && (outcome === 'permitted' || outcome === 'observed')
}
