import { admission } from './admission.ts'
import { agent } from './agent.ts'
import { attacks } from './attacks.ts'
import { audit } from './audit.ts'
import { core } from './core.ts'
import { discovery } from './discovery.ts'
import { edge } from './edge.ts'
import { egress } from './egress.ts'
import { execution } from './execution.ts'
import { explain } from './explain.ts'
import { explainSql } from './explain-sql.ts'
import { facts } from './facts.ts'
import { floor } from './floor.ts'
import { gateway } from './gateway.ts'
import { house } from './house.ts'
import { interop } from './interop.ts'
import { invocation } from './invocation.ts'
import { jobs } from './jobs.ts'
import { policy } from './policy.ts'
import { policySchema } from './policy-schema.ts'
import { reach } from './reach.ts'
import { redaction } from './redaction.ts'
import { relations } from './relations.ts'
import { relay } from './relay.ts'
import { relayCommand } from './relay-command.ts'
import { revocation } from './revocation.ts'
import { sequences } from './sequences.ts'
import { state } from './state.ts'
import { stdio } from './stdio.ts'
import { stepUp } from './step-up.ts'
import { story } from './story.ts'
import { transactions } from './transactions.ts'
import { writes } from './writes.ts'

/** Every requirement that a test proves: an id, one sentence, and the numbered requirement of the product it serves. */
export const requirements = {
  ...interop,
  ...core,
  ...admission,
  ...edge,
  ...gateway,
  ...agent,
  ...discovery,
  ...invocation,
  ...transactions,
  ...sequences,
  ...execution,
  ...egress,
  ...reach,
  ...redaction,
  ...floor,
  ...writes,
  ...policy,
  ...explain,
  ...explainSql,
  ...policySchema,
  ...facts,
  ...revocation,
  ...state,
  ...jobs,
  ...relations,
  ...relayCommand,
  ...relay,
  ...audit,
  ...stdio,
  ...stepUp,
  ...story,
  ...house,
  ...attacks,
} as const satisfies Record<string, { readonly says: string; readonly serves: `R${number}` }>

export type RequirementId = keyof typeof requirements

/** Names a test after what it proves: `test(proves('gateway:proof:other-key'), ...)`. */
export function proves(id: RequirementId, variant?: string): string {
  return `${id}: ${requirements[id].says}${variant ? ` (${variant})` : ''}`
}
