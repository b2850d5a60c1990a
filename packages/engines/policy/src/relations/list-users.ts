import { createCheckRun, spend, visit } from './check-run.ts'
import type { ListParts } from './list-objects.ts'
import type { RelationTypes } from './relation-model.ts'
import { partsOf } from './resolve-model.ts'
import { YES } from './truth.ts'
import { nodeKey } from './tuple-index.ts'

/** Whom is asked for: objects of a type, or all who are in a relation to objects of it. */
export interface UserFilter {
  readonly type: string
  readonly relation?: string | undefined
}

/**
 * The users of a kind that are in a relation to an object, as tuples write them, sorted: `user:anne`, `user:*` where everybody is, or
 * `group:1#member`. Somebody who is in it only because everybody is, is not named beside.
 *
 * @throws RelationRejection `too-complex`
 */
export function listUsers(
  { relations, indexes, budget, types }: Omit<ListParts, 'edges'> & { readonly types: RelationTypes },
  { object, relation, filter }: { readonly object: string; readonly relation: string; readonly filter: UserFilter },
): readonly string[] {
  const compiled = relations.of(typeOf(object), relation)
  if (!compiled) return []
  const candidates = new Set<string>()
  const found = new Map([[nodeKey(object, relation), { object, relation }]])

  function reach(above: string, by: string): void {
    spend({ budget })
    if (types.get(typeOf(above))?.has(by)) found.set(nodeKey(above, by), { object: above, relation: by })
  }

  // Grows while it is walked: a `Map` goes on to what is added. What is subtracted leads somewhere too: where everybody is, somebody whom a
  // tuple takes out of what is taken away is in the relation by name.
  for (const [key, node] of found) {
    if (typeOf(node.object) === filter.type && node.relation === filter.relation) candidates.add(key)
    const definition = types.get(typeOf(node.object))?.get(node.relation)
    for (const part of definition ? partsOf(definition.rewrite) : []) {
      if (part.kind === 'computed') reach(node.object, part.relation)
      for (const index of part.kind === 'computed' ? [] : indexes) {
        const tupleset = part.kind === 'from' ? part.tupleset : node.relation
        const bucket = index.bucket(nodeKey(node.object, tupleset))
        if (!bucket) continue
        if (part.kind === 'from') for (const above of bucket.objects.keys()) reach(above, part.relation)
        else {
          for (const userset of bucket.usersets.values()) reach(userset.object, userset.relation)
          for (const user of bucket.users) {
            spend({ budget })
            if (isOf(user, filter)) candidates.add(user)
          }
        }
      }
    }
  }
  return [...candidates].filter((user) => visit(createCheckRun(user, indexes, budget), compiled, object) === YES).sort()
}

function isOf(user: string, { type, relation }: UserFilter): boolean {
  const hash = user.indexOf('#')
  return typeOf(user) === type && (hash < 0 ? undefined : user.slice(hash + 1)) === relation
}

function typeOf(text: string): string {
  return text.slice(0, text.indexOf(':'))
}
