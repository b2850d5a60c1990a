import { callCedar } from '../../src/cedar.ts'
import type { PolicyBundle } from '../../src/policy-bundle.ts'

/** Members of Cedar's JSON form that are no operators. */
const NONE = new Set([
  'Value',
  'Var',
  'left',
  'right',
  'arg',
  'attr',
  'pattern',
  'entity_type',
  'if',
  'then',
  'else',
  'Literal',
])

/** The operators in a condition, as Cedar's JSON form names them; a path in `has`, and `is ... in`, count as their own. */
function operatorsOf(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found
  if (Array.isArray(node)) {
    for (const item of node) operatorsOf(item, found)
    return found
  }
  for (const [name, body] of Object.entries(node)) {
    if (name === 'Value') continue
    if (name === 'Record') {
      found.add(name)
      for (const field of Object.values(body)) operatorsOf(field, found)
      continue
    }
    if (!NONE.has(name) && !(name === 'in' && 'entity_type' in node)) found.add(name)
    if (name === 'has' && Array.isArray(body.attr)) found.add('has path')
    if (name === 'is' && body.in) found.add('is in')
    operatorsOf(body, found)
  }
  return found
}

/** The operators in each policy of a bundle, by the policy's id. */
export function operatorsOfPolicies(bundle: PolicyBundle): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    [...bundle.policies.values()].map(({ id, text }) => {
      const answer = callCedar((cedar) => cedar.policyToJson(text))
      return [id, operatorsOf(answer.type === 'success' ? answer.json.conditions.map(({ body }) => body) : [])]
    }),
  )
}

/** Every operator and extension function of Cedar 4.5. */
export const OPERATORS: readonly string[] = [
  '!',
  '!=',
  '&&',
  '*',
  '+',
  '-',
  '.',
  '<',
  '<=',
  '==',
  '>',
  '>=',
  'Record',
  'Set',
  'contains',
  'containsAll',
  'containsAny',
  'datetime',
  'decimal',
  'duration',
  'durationSince',
  'getTag',
  'greaterThan',
  'greaterThanOrEqual',
  'has',
  'has path',
  'hasTag',
  'if-then-else',
  'in',
  'ip',
  'is',
  'is in',
  'isEmpty',
  'isInRange',
  'isIpv4',
  'isIpv6',
  'isLoopback',
  'isMulticast',
  'lessThan',
  'lessThanOrEqual',
  'like',
  'neg',
  'offset',
  'toDate',
  'toDays',
  'toHours',
  'toMilliseconds',
  'toMinutes',
  'toSeconds',
  'toTime',
  '||',
]
