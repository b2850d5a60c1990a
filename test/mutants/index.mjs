import { admission } from './admission.mjs'
import { agent } from './agent.mjs'
import { audit } from './audit.mjs'
import { barrier } from './barrier.mjs'
import { binding } from './binding.mjs'
import { clients } from './clients.mjs'
import { core } from './core.mjs'
import { delegated } from './delegated.mjs'
import { discovery } from './discovery.mjs'
import { egress } from './egress.mjs'
import { evaluator } from './evaluator.mjs'
import { execution } from './execution.mjs'
import { explain } from './explain.mjs'
import { explainSql } from './explain-sql.mjs'
import { facts } from './facts.mjs'
import { floor } from './floor.mjs'
import { gateway } from './gateway.mjs'
import { interop } from './interop.mjs'
import { invocation } from './invocation.mjs'
import { jobs } from './jobs.mjs'
import { policy } from './policy.mjs'
import { policySchema } from './policy-schema.mjs'
import { predicates } from './predicates.mjs'
import { reach } from './reach.mjs'
import { redaction } from './redaction.mjs'
import { relations } from './relations.mjs'
import { relay } from './relay.mjs'
import { revocation } from './revocation.mjs'
import { rewrite } from './rewrite.mjs'
import { sent } from './sent.mjs'
import { sequences } from './sequences.mjs'
import { shown } from './shown.mjs'
import { stdio } from './stdio.mjs'
import { stepUp } from './step-up.mjs'
import { stores } from './stores.mjs'
import { tokens } from './tokens.mjs'
import { transactions } from './transactions.mjs'
import { verification } from './verification.mjs'
import { writes } from './writes.mjs'

/** Every seeded fault. JavaScript, because the runner loads it without a build. */
export const mutants = [
  ...tokens,
  ...sent,
  ...transactions,
  ...shown,
  ...stdio,
  ...stepUp,
  ...verification,
  ...explain,
  ...explainSql,
  ...gateway,
  ...interop,
  ...agent,
  ...admission,
  ...core,
  ...policy,
  ...policySchema,
  ...facts,
  ...evaluator,
  ...discovery,
  ...delegated,
  ...invocation,
  ...sequences,
  ...execution,
  ...predicates,
  ...rewrite,
  ...writes,
  ...clients,
  ...floor,
  ...barrier,
  ...egress,
  ...binding,
  ...revocation,
  ...stores,
  ...jobs,
  ...reach,
  ...redaction,
  ...relations,
  ...relay,
  ...audit,
]
