import type { RelationTypes, Rewrite } from './relation-model.ts'
import { nodeKey } from './tuple-index.ts'

/** A way from one relation to another that contains it, as the model says. */
export interface ReverseEdges {
  /** `type#relation` to the relations of the same type that compute it. */
  readonly computedBy: ReadonlyMap<string, readonly string[]>
  /** `type#relation` to those that take it from a tupleset. */
  readonly takenBy: ReadonlyMap<
    string,
    readonly { readonly type: string; readonly tupleset: string; readonly relation: string }[]
  >
  /** Every `type#relation` from which a way leads to this one, itself among them. */
  below(target: string): ReadonlySet<string>
}

/**
 * Reads a model backwards. What is subtracted leads nowhere: nobody is in a relation because of it. So whoever is in a relation is found from where
 * they stand; not everybody who is found is in it.
 */
export function createReverseEdges(types: RelationTypes): ReverseEdges {
  const computedBy = new Map<string, string[]>()
  const takenBy = new Map<string, { type: string; tupleset: string; relation: string }[]>()
  const sources = new Map<string, Set<string>>()
  for (const [type, relations] of types) {
    for (const [relation, { rewrite, users }] of relations) {
      const from = new Set<string>()
      sources.set(nodeKey(type, relation), from)
      for (const part of addedParts(rewrite)) {
        if (part.kind === 'this') {
          for (const user of users) if (user.relation !== undefined) from.add(nodeKey(user.type, user.relation))
        } else if (part.kind === 'computed') {
          from.add(nodeKey(type, part.relation))
          listOf(computedBy, nodeKey(type, part.relation)).push(relation)
        } else if (part.kind === 'from') {
          for (const above of relations.get(part.tupleset)?.users ?? []) {
            if (!types.get(above.type)?.has(part.relation)) continue
            from.add(nodeKey(above.type, part.relation))
            listOf(takenBy, nodeKey(above.type, part.relation)).push({ type, tupleset: part.tupleset, relation })
          }
        }
      }
    }
  }
  const known = new Map<string, ReadonlySet<string>>()
  return {
    computedBy,
    takenBy,
    below(target) {
      const found = known.get(target) ?? closure(sources, target)
      known.set(target, found)
      return found
    },
  }
}

/** The parts of a rewrite that put somebody into the relation. */
function addedParts(rewrite: Rewrite): readonly Rewrite[] {
  if (rewrite.kind === 'union' || rewrite.kind === 'intersection') return rewrite.of.flatMap(addedParts)
  return rewrite.kind === 'exclusion' ? addedParts(rewrite.base) : [rewrite]
}

function closure(sources: ReadonlyMap<string, ReadonlySet<string>>, target: string): ReadonlySet<string> {
  const found = new Set([target])
  for (const one of found) for (const source of sources.get(one) ?? []) found.add(source)
  return found
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
