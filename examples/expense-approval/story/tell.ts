import type { AuditRecord } from '@lockstep/audit'
import { isJsonObject } from '@lockstep/core'
import type { Screen } from './screen.ts'

/** What was asked, and by whom. */
export interface Asked {
  readonly what: string
  readonly by: string
  readonly through: string
}

/** Tells one call from what the audit log says of its trace: which policies decided, and what was hidden. */
export function tellCall(screen: Screen, { what, by, through }: Asked, records: readonly AuditRecord[]): void {
  screen.fact('asked', what)
  screen.fact('by', `${by} through ${through}`)
  const decided = records.filter(
    ({ step, outcome }) => step !== 'response' && !(step === 'system' && outcome === 'completed'),
  )
  const lines = decided.map(({ step, outcome, policies = [], code, detail }) => {
    if (step === 'system') return `execution: the application's own work "${detail?.reason}"`
    const by = policies.length > 0 ? ` by ${policies.join(', ')}` : ''
    return `${step}: ${outcome}${by}${code ? ` (${code})` : ''}`
  })
  // A client of the older era asks for its event stream in the same trace: the gateway decides twice.
  for (const line of new Set(lines)) if (line !== 'execution: permitted') screen.fact('decided', line)
  const hidden = hiddenBy(records)
  if (hidden) screen.fact('hidden', hidden)
}

/** What the records say was kept back: columns and masks of the statements, and what the answer withheld. */
function hiddenBy(records: readonly AuditRecord[]): string {
  const parts: string[] = []
  for (const { step, detail } of records) {
    if (step === 'execution' && Array.isArray(detail?.relations)) {
      for (const scope of detail.relations.filter(isJsonObject)) {
        parts.push(`${scope.relation}: rows outside the policy`)
        if (Array.isArray(scope.hiddenColumns) && scope.hiddenColumns.length > 0)
          parts.push(`columns ${scope.hiddenColumns.join(', ')}`)
        if (Array.isArray(scope.maskedColumns) && scope.maskedColumns.length > 0)
          parts.push(`${scope.maskedColumns.join(', ')} masked`)
      }
    }
    if (step === 'discovery' && typeof detail?.absent === 'number' && detail.absent > 0)
      parts.push(`${detail.absent} tool${detail.absent === 1 ? '' : 's'}`)
  }
  return parts.join('; ')
}
