import type { RelationTuple } from '@lockstep/core'
import type { RelationModel } from '@lockstep/policy'
import type { Rewrite } from '../../src/relations/relation-model.ts'

/** Yes, no, or neither: undefined. */
type Known = boolean | undefined

/**
 * Who is in what, without search and without order: everything is unknown at first, and every rule is applied until nothing changes any more
 * (the least fixpoint in Kleene's logic). Slow, and plainly what the language means.
 *
 * @returns the answer for one user by `object#relation`
 */
export function fixpointOf(
  types: RelationModel['types'],
  tuples: readonly RelationTuple[],
  objects: readonly string[],
  user: string,
): ReadonlyMap<string, Known> {
  const nodes = objects.flatMap((object) =>
    [...(types.get(typeOf(object)) ?? [])].map(([relation, { rewrite }]) => ({ object, relation, rewrite })),
  )
  const known = new Map<string, Known>(nodes.map(({ object, relation }) => [`${object}#${relation}`, undefined]))
  const everybody = user.includes('#') ? undefined : `${typeOf(user)}:*`

  function evaluate(rewrite: Rewrite, object: string, relation: string): Known {
    switch (rewrite.kind) {
      case 'this':
        return any(
          tuples
            .filter((one) => one.object === object && one.relation === relation)
            .map(
              (one) =>
                one.user === user || one.user === everybody || (one.user.includes('#') ? known.get(one.user) : false),
            ),
        )
      case 'computed':
        return known.get(`${object}#${rewrite.relation}`)
      case 'from':
        return any(
          tuples
            .filter((one) => one.object === object && one.relation === rewrite.tupleset)
            .filter((one) => types.get(typeOf(one.user))?.has(rewrite.relation))
            .map((one) => known.get(`${one.user}#${rewrite.relation}`)),
        )
      case 'union':
        return any(rewrite.of.map((one) => evaluate(one, object, relation)))
      case 'intersection':
        return not(any(rewrite.of.map((one) => not(evaluate(one, object, relation)))))
      case 'exclusion':
        return not(any([not(evaluate(rewrite.base, object, relation)), evaluate(rewrite.subtract, object, relation)]))
    }
  }

  for (let changed = true; changed; ) {
    changed = false
    for (const { object, relation, rewrite } of nodes) {
      const key = `${object}#${relation}`
      if (known.get(key) !== undefined) continue
      const answer = key === user ? true : evaluate(rewrite, object, relation)
      if (answer === undefined) continue
      known.set(key, answer)
      changed = true
    }
  }
  return known
}

function any(values: readonly Known[]): Known {
  if (values.includes(true)) return true
  return values.includes(undefined) ? undefined : false
}

function not(value: Known): Known {
  return value === undefined ? undefined : !value
}

function typeOf(text: string): string {
  return text.slice(0, text.indexOf(':'))
}
