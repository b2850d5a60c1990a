import type { RevocationEvidence } from '@lockstep/mcp'
import { align } from './align.ts'
import { visibleJson, visibleText } from './visible-text.ts'

/** What was revoked or restored, as text or as JSON: what, when, its record in the audit log, and the versions of the policy. */
export function showEvidence(
  done: 'revoked' | 'restored',
  what: string,
  { at, trace, policyVersion: { before, after } }: RevocationEvidence,
  json: boolean | undefined,
): string {
  const when = new Date(at).toISOString()
  if (json) return `${visibleJson({ done, what, at: when, trace, policyVersion: { before, after } })}\n`
  const policy = before === after ? `${before}, as before` : `${before}, now ${after}`
  return `${done}: ${visibleText(what)}\n${align([
    ['at', when],
    ['recorded', `under trace ${trace}`],
    ['policy', policy],
  ])}`
}
