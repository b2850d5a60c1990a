import type { DecidedOn, EntityFact, Facts, ToolCall } from '@lockstep/core'
import { resourceDigest } from './resource-digest.ts'

/** What one call is decided on, as its record names it. */
export function decidedOn(
  { tool, argumentsDigest }: ToolCall,
  { revision }: Facts,
  resource?: EntityFact | undefined,
): DecidedOn {
  const about = resource && {
    resource: { type: resource.type, id: resource.id },
    resourceDigest: resourceDigest(resource),
  }
  return { tool, argumentsDigest, ...about, facts: revision }
}
