import { type AuditRecord, readDecisions, readDenials } from '@lockstep/audit'
import { isLockstepError } from '@lockstep/core'
import { findAuditFolder } from './find-audit-folder.ts'
import { openConfigured } from './open-configured.ts'
import type { Output } from './output.ts'
import { type PoliciesNow, showDecision } from './show-decision.ts'
import { UsageError } from './usage-error.ts'
import { visibleJson, visibleText } from './visible-text.ts'

const TRACE = /^[0-9a-f]{32}$/
const CALL = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** How many of the last denials are told. */
const MOST_DENIALS = 10

/** Where records are told from, and how. */
export interface RecordedOptions {
  readonly state: string
  readonly config?: string | undefined
  readonly json?: boolean | undefined
}

/**
 * Tells recorded decisions: who, through whom, on what, by which policies of which version, and where those policies stand now, if the
 * configuration still loads and the version is still the same.
 */
export async function explainRecorded(id: string, values: RecordedOptions, output: Output): Promise<0 | 1> {
  const named = id.toLowerCase()
  if (!TRACE.test(named) && !CALL.test(named)) {
    throw new UsageError('<decision> must be a trace (32 hexadecimal digits) or the id of a call')
  }
  const records = await readDecisions(await findAuditFolder(values.state), named)
  return tell(records, `the log has no decision of ${named}`, values, output)
}

/** Tells the last denials, as `explainRecorded` does. */
export async function explainDenials(values: RecordedOptions, output: Output): Promise<0 | 1> {
  const records = await readDenials(await findAuditFolder(values.state), MOST_DENIALS)
  return tell(records, 'the log has no denial', values, output)
}

async function tell(
  records: readonly AuditRecord[],
  none: string,
  values: RecordedOptions,
  output: Output,
): Promise<0 | 1> {
  if (records.length === 0) {
    output.complain(`lockstep explain: ${none}\n`)
    return 1
  }
  const now = await policiesNow(values.config)
  const loaded = 'version' in now ? now : undefined
  if (values.json) {
    const decisions = records.map((record) => ({ ...record, policyUnchanged: unchanged(record, loaded) }))
    output.say(`${visibleJson({ decisions, policyVersion: loaded?.version ?? null })}\n`)
    return 0
  }
  const shown = records.map((record) => showDecision(record, loaded))
  output.say(shown.join('\n'))
  if ('failed' in now)
    output.say(`\nthe configuration does not load, so nothing was compared: ${visibleText(now.failed)}\n`)
  return 0
}

function unchanged({ policyVersion }: AuditRecord, now: PoliciesNow | undefined): boolean | null {
  return policyVersion === undefined || !now ? null : policyVersion === now.version
}

/** A record is told in any case; what the policies are now is told where they load. */
async function policiesNow(config: string | undefined): Promise<PoliciesNow | { readonly failed: string }> {
  try {
    const { lockstep } = await openConfigured(config)
    const now = { version: lockstep.policyVersion, policies: lockstep.describePolicies() }
    await lockstep.close()
    return now
  } catch (error) {
    if (isLockstepError(error)) return { failed: error.message }
    throw error
  }
}
