import { type Expr, simplify, TRUE } from '@lockstep/core'
import type { Mistake } from './policy-mistake.ts'
import type { PolicyPart } from './policy-parts.ts'

const MAX_QUOTED = 60

/**
 * Tells why a policy can never hold: the fewest of its parts that contradict each other, with the place where the last of them stands.
 *
 * @param parts those of a policy that can never hold
 * @param isDead whether a condition can be proved never to hold wherever the policy applies
 */
export function contradiction(
  { id, file }: { readonly id: string; readonly file: string },
  parts: readonly PolicyPart[],
  isDead: (when: Expr) => boolean,
): Mistake {
  const needed = fewest(parts, isDead)
  const last = needed.at(-1)
  const others = needed.slice(0, -1).map((part) => `${quoted(part)} in line ${part.line}`)
  const why = others.length > 0 ? `contradicts ${others.join(' and ')}` : 'is never true'
  return {
    file,
    line: last?.line,
    says: `\`${id}\` can never hold: ${last ? quoted(last) : 'it'} ${why}; correct or remove it`,
  }
}

/** Leaves out one part after the other as long as the rest still contradicts itself. */
function fewest(parts: readonly PolicyPart[], isDead: (when: Expr) => boolean): readonly PolicyPart[] {
  let kept = parts
  for (const part of parts) {
    const rest = kept.filter((one) => one !== part)
    if (isDead(together(rest))) kept = rest
  }
  return kept
}

function together(parts: readonly PolicyPart[]): Expr {
  return simplify(parts.reduce<Expr>((left, { when }) => ({ op: 'and', left, right: when }), TRUE))
}

/** The policy's own text; it is shown to whoever may edit it. */
function quoted({ text }: PolicyPart): string {
  return `\`${text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text}\``
}
