import { digest, type EntityFact, type Principals, type ToolCall } from '@lockstep/core'
import { resourceDigest } from './resource-digest.ts'

/** The one call that an approval is for. */
export interface BoundCall extends Principals {
  readonly subject: { readonly issuer: string; readonly id: string }
  readonly call: Pick<ToolCall, 'tool' | 'argumentsDigest'>
  readonly resource: EntityFact
  readonly policyVersion: string
}

/**
 * What an approval is bound to, as two digests: of the call (issuer, subject, actor, tool, arguments), and of what it meets (the
 * resource as stored, the policy). The second can be checked when somebody approves, without the caller and the arguments.
 */
export function bindApproval({ subject, actor, call, resource, policyVersion }: BoundCall): string {
  const { tool, argumentsDigest } = call
  const made = digest({
    issuer: subject.issuer,
    subject: subject.id,
    actor: actor.id,
    tool,
    arguments: argumentsDigest,
  })
  return `${made}.${meets(resource, policyVersion)}`
}

/** Whether what a binding meets is still the same. */
export function stillMeets(binding: string, resource: EntityFact, policyVersion: string): boolean {
  return binding.split('.')[1] === meets(resource, policyVersion)
}

function meets(resource: EntityFact, policyVersion: string): string {
  return digest({ resource: resourceDigest(resource), policy: policyVersion })
}
