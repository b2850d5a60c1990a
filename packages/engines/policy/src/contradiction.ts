import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { type Expr, simplify, TRUE } from '@lockstep/core'
import type { NamedPolicy } from './check-policy.ts'
import { policyClauses, type TextPart } from './policy-clauses.ts'
import { clauseExpr, scopeExprs } from './policy-expr.ts'
import { lineAt, type Mistake } from './policy-mistake.ts'

/** A demand of a policy: a part of its scope or of a condition, and where it stands. */
interface Demand {
  readonly expr: Expr
  /** `undefined` for the scope. */
  readonly part?: TextPart | undefined
}

const MAX_QUOTED = 60

/**
 * Tells why a policy can never hold: the fewest demands that contradict each other, with the place where the last of them stands.
 *
 * @param policy one that can never hold
 * @param isDead whether a condition can be proved never to hold wherever the policy applies
 */
export function contradiction(policy: NamedPolicy, isDead: (when: Expr) => boolean): Mistake {
  const { file, line, id, text } = policy
  const needed = fewest(demandsOf(policy), isDead)
  const parts = needed.flatMap(({ part }) => (part ? [part] : []))
  const lineOf = ({ at }: TextPart) => line + lineAt(text, at) - 1
  const last = parts.at(-1)
  if (!last) return { file, line, says: `\`${id}\` can never hold: its scope contradicts itself; correct or remove it` }
  const others = parts.slice(0, -1).map((part) => `${quoted(part)} in line ${lineOf(part)}`)
  const against = [...(needed.length > parts.length ? ['its scope'] : []), ...others].join(' and ')
  const why = against === '' ? `${quoted(last)} is never true` : `${quoted(last)} contradicts ${against}`
  return { file, line: lineOf(last), says: `\`${id}\` can never hold: ${why}; correct or remove it` }
}

/** Leaves out one demand after the other as long as the rest still contradicts itself. */
function fewest(demands: readonly Demand[], isDead: (when: Expr) => boolean): readonly Demand[] {
  let kept = demands
  for (const demand of demands) {
    const rest = kept.filter((one) => one !== demand)
    if (isDead(together(rest))) kept = rest
  }
  return kept
}

function together(demands: readonly Demand[]): Expr {
  return simplify(demands.reduce<Expr>((left, { expr }) => ({ op: 'and', left, right: expr }), TRUE))
}

function demandsOf({ json, text }: NamedPolicy): readonly Demand[] {
  const clauses = policyClauses(text)
  const conditions = json.conditions.flatMap((condition, index): readonly Demand[] => {
    const clause = clauses[index]
    const operands = condition.kind === 'when' ? operandsOf(condition.body, clause?.operands.length ?? 1) : undefined
    if (!operands) return [{ expr: clauseExpr(condition), part: clause }]
    return operands.map((body, place) => ({ expr: clauseExpr({ kind: 'when', body }), part: clause?.operands[place] }))
  })
  return [...scopeExprs(json).map((expr) => ({ expr })), ...conditions]
}

type Body = PolicyJson['conditions'][number]['body']

/** Takes a chain of `&&`, which Cedar nests to the left, apart; `undefined` when it is not as long as the text says. */
function operandsOf(body: Body, length: number): readonly Body[] | undefined {
  const operands: Body[] = []
  let rest = body
  while (operands.length < length - 1) {
    const chain = '&&' in rest ? rest['&&'] : undefined
    if (!chain || !('left' in chain)) return undefined
    operands.unshift(chain.right)
    rest = chain.left
  }
  return [rest, ...operands]
}

/** The policy's own text on one line; it is shown to whoever may edit it. */
function quoted({ text }: TextPart): string {
  const line = text.replace(/\s+/g, ' ')
  return `\`${line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line}\``
}
