import { type Caller, digest, type Facts, type JsonValue, type ToolCallDetails } from '@lockstep/core'
import { factTexts } from './facts/fact-texts.ts'

/**
 * A digest of all that somebody's permissions rest on beside time and history: sign-in, scopes, authorization details, proof, relationships, policy. What was
 * released under one authority is not released under another. The revision of the facts is no part of it: it may change for others.
 */
export function authorityOf(caller: Caller, facts: Facts, policyVersion: string): string {
  const { proof, assurance, scopes, authorizationDetails } = caller
  return digest({
    proof: proof.kind,
    acr: [...assurance.satisfied].sort(),
    scopes: [...scopes].sort(),
    ...(authorizationDetails ? { details: detailsToJson(authorizationDetails) } : {}),
    facts: factTexts(facts),
    policy: policyVersion,
  })
}

function detailsToJson(details: readonly ToolCallDetails[]): JsonValue {
  return JSON.parse(JSON.stringify(details)) as JsonValue
}
