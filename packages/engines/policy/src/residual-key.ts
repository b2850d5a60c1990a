import { hash } from 'node:crypto'
import type { OpenQuestion } from '@lockstep/core'

/**
 * The cache key of an open question: a digest of everything that is folded into its residual, and of the policy version. Facts
 * count by content and by revision, so that neither a reused revision nor a changed fact can answer for the other.
 */
export function residualKey(question: OpenQuestion, policyVersion: string): string {
  const folded = JSON.stringify([
    policyVersion,
    question.principal.type,
    question.principal.id,
    question.action,
    question.resource,
    question.context,
    question.unknownContext,
    question.facts.revision,
    question.facts.entities,
  ])
  return hash('sha256', folded, 'base64url')
}
