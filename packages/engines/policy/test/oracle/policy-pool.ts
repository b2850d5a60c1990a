import { parsePolicies } from '@lockstep/policy'
import { callCedar } from '../../src/cedar.ts'
import { deadPolicy } from '../../src/dead-policy.ts'
import type { PolicyBundle } from '../../src/policy-bundle.ts'
import type { SchemaRules } from '../../src/schema-rules.ts'
import type { Random } from './random.ts'
import { randomPolicy } from './random-policy.ts'
import { SCHEMA } from './schema.ts'

const BATCH = 512

/**
 * Draws policies until `size` of them are valid, and loads them as one bundle. What strict validation refuses, or what can never hold, is
 * drawn again.
 */
export function policyPool(size: number, random: Random): PolicyBundle {
  const { rules } = bundleOf(['@id("any") permit (principal, action, resource);'])
  let kept: readonly string[] = []
  for (let drawn = 0; kept.length < size; drawn += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, index) => `p${drawn + index}`)
    kept = [...kept, ...valid(new Map(ids.map((id) => [id, randomPolicy(id, random)])), rules)]
  }
  return bundleOf(kept.slice(0, size))
}

/** A bundle of policies of the oracle's schema. */
export function bundleOf(policies: readonly string[]): PolicyBundle {
  return parsePolicies({ 'schema.cedarschema': SCHEMA, 'p.cedar': policies.join('\n') })
}

/** A bundle with some of another's policies. */
export function someOf(bundle: PolicyBundle, random: Random, most: number): PolicyBundle {
  const ids = [...bundle.policies.keys()]
  const chosen = new Set(Array.from({ length: 1 + random.below(most) }, () => random.pick(ids)))
  return { ...bundle, policies: new Map([...bundle.policies].filter(([id]) => chosen.has(id))) }
}

/** Those of some policies that strict validation takes without a warning, and that can hold. */
function valid(texts: ReadonlyMap<string, string>, rules: SchemaRules): readonly string[] {
  const policies = { staticPolicies: Object.fromEntries(texts) }
  const answer = callCedar((cedar) =>
    cedar.validate({ schema: SCHEMA, policies, validationSettings: { mode: 'strict' } }),
  )
  if (answer.type !== 'success') throw new Error(`a drawn policy does not parse: ${answer.errors[0]?.message}`)
  const refused = new Set([...answer.validationErrors, ...answer.validationWarnings].map(({ policyId }) => policyId))
  return [...texts].filter(([id, text]) => !refused.has(id) && canHold(id, text, rules)).map(([, text]) => text)
}

function canHold(id: string, text: string, rules: SchemaRules): boolean {
  const answer = callCedar((cedar) => cedar.policyToJson(text))
  if (answer.type !== 'success') return false
  return !deadPolicy({ id, file: 'p.cedar', line: 1, text, json: answer.json, obligations: [] }, rules)
}
