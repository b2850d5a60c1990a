import { type Obligation, type ObligationRegistry, obligationMistake } from '@lockstep/core'
import type { ParsedPolicy } from './parse-policy-file.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'
import { scanText } from './scan-text.ts'

const POLICY_ID = /^[A-Za-z0-9_.:-]{1,128}$/

/** A parsed policy whose own text is in order. */
export interface NamedPolicy extends ParsedPolicy {
  readonly id: string
  readonly obligations: readonly Obligation[]
}

/**
 * Checks what Cedar leaves unchecked in one policy: it has an `@id`, every other annotation is a registered obligation with a value that
 * fits (a misspelt one would silently not be carried out), its integers are exact in JavaScript, and it does not call `unknown`, which would
 * let a policy name what a question has left open.
 */
export function checkPolicy(policy: ParsedPolicy, registry: ObligationRegistry): NamedPolicy | Mistake {
  const mistake = (says: string, line = policy.line): Mistake => ({ file: policy.file, line, says })
  const { id, ...rest } = policy.json.annotations ?? {}
  if (typeof id !== 'string') return mistake('the policy has no id; add `@id("...")` before it')
  if (!POLICY_ID.test(id)) return mistake('an `@id` holds 1 to 128 letters, digits, `_`, `.`, `:` and `-`')
  const obligations: Obligation[] = []
  for (const [name, value] of Object.entries(rest)) {
    const wrong = obligationMistake(registry, name, value)
    if (wrong) return mistake(`${wrong} (on \`${id}\`)`, lineOf(policy, name))
    obligations.push({ name, value: value ?? '', policyId: id })
  }
  const found = offense(policy.json.conditions)
  return found ? mistake(`${found} in \`${id}\``) : { ...policy, id, obligations }
}

/** Where an annotation stands: by tokens, because the same text may stand in the value of another. */
function lineOf(policy: ParsedPolicy, annotation: string): number {
  const tokens = scanText(policy.text)
  if ('says' in tokens) return policy.line
  const at = tokens.find((token, index) => token.text === '@' && tokens[index + 1]?.text === annotation)?.at ?? 0
  return policy.line + lineAt(policy.text, at) - 1
}

/** Walks Cedar's JSON form, of which the depth is bounded by the text's. */
function offense(node: unknown): string | undefined {
  if (typeof node === 'number') {
    return Number.isSafeInteger(node) ? undefined : 'an integer beyond 2^53 - 1; use smaller units'
  }
  if (typeof node !== 'object' || node === null) return undefined
  if (Array.isArray(node)) return firstOffense(node)
  // A call is written `{ unknown: [...] }`; a record's or an attribute's name never holds an array itself.
  const callsUnknown = 'unknown' in node && Array.isArray(node.unknown)
  return callsUnknown ? 'a call of `unknown`, which is not for policies' : firstOffense(Object.values(node))
}

function firstOffense(nodes: readonly unknown[]): string | undefined {
  for (const node of nodes) {
    const found = offense(node)
    if (found) return found
  }
  return undefined
}
