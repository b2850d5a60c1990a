import { type Mistake, policyMistake } from '../policy-mistake.ts'
import type { RelationTypes, Rewrite } from './relation-model.ts'

/**
 * Checks that every name in a model is declared where it is used, so that evaluating it meets no unknown. The language's further rules are
 * the library's to check.
 *
 * @throws LockstepError `policy.invalid`
 */
export function resolveModel(types: RelationTypes, file: string): void {
  const mistakes: Mistake[] = []
  for (const [type, relations] of types) {
    for (const [name, { rewrite, users }] of relations) {
      const complain = (says: string) => mistakes.push({ file, says: `\`${type}#${name}\`: ${says}` })
      for (const { type: userType, relation } of users) {
        if (!types.has(userType)) complain(`there is no type \`${userType}\``)
        else if (relation !== undefined && !types.get(userType)?.has(relation)) {
          complain(`there is no relation \`${userType}#${relation}\``)
        }
      }
      const parts = partsOf(rewrite)
      const isDirect = parts.some(({ kind }) => kind === 'this')
      if (isDirect !== users.length > 0) complain(isDirect ? 'it names no user types' : 'its user types have no use')
      for (const part of parts) {
        if (part.kind === 'computed' && !relations.has(part.relation))
          complain(`there is no relation \`${part.relation}\``)
        if (part.kind === 'from') resolveFrom(types, relations.get(part.tupleset), part, complain)
      }
    }
  }
  if (mistakes.length > 0) throw policyMistake(mistakes)
}

type Definition = ReturnType<RelationTypes['get']> extends ReadonlyMap<string, infer One> | undefined ? One : never

function resolveFrom(
  types: RelationTypes,
  tupleset: Definition | undefined,
  { tupleset: name, relation }: Extract<Rewrite, { readonly kind: 'from' }>,
  complain: (says: string) => void,
): void {
  if (!tupleset) complain(`there is no relation \`${name}\``)
  else if (
    tupleset.rewrite.kind !== 'this' ||
    tupleset.users.some((user) => user.relation !== undefined || user.wildcard)
  ) {
    complain(`\`${name}\` must name objects only, by tuples only`)
  } else if (!tupleset.users.some(({ type }) => types.get(type)?.has(relation))) {
    complain(`no type of \`${name}\` has a relation \`${relation}\``)
  }
}

/** A rewrite and everything in it. */
export function partsOf(rewrite: Rewrite): readonly Rewrite[] {
  if (rewrite.kind === 'union' || rewrite.kind === 'intersection') return [rewrite, ...rewrite.of.flatMap(partsOf)]
  if (rewrite.kind === 'exclusion') return [rewrite, ...partsOf(rewrite.base), ...partsOf(rewrite.subtract)]
  return [rewrite]
}
