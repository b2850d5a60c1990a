import { type Budget, createCheckRun, spend, visit } from './check-run.ts'
import type { CompiledRelations } from './compile-relations.ts'
import type { ReverseEdges } from './reverse-edges.ts'
import { YES } from './truth.ts'
import { nodeKey, type RelationNode, type TupleIndex } from './tuple-index.ts'

/** What a list is made from. */
export interface ListParts {
  readonly relations: CompiledRelations
  readonly edges: ReverseEdges
  readonly indexes: readonly TupleIndex[]
  readonly budget: Budget
}

/**
 * The objects of a type that a user is in a relation to, sorted: those that a way leads to from where the user stands, each of them checked.
 *
 * @throws RelationRejection `too-complex`
 */
export function listObjects(
  { relations, edges, indexes, budget }: ListParts,
  { user, relation, type }: { readonly user: string; readonly relation: string; readonly type: string },
): readonly string[] {
  const compiled = relations.of(type, relation)
  if (!compiled) return []
  const run = createCheckRun(user, indexes, budget)
  const below = edges.below(nodeKey(type, relation))
  const found = new Map<string, RelationNode>()

  function reach(node: RelationNode): void {
    spend(run)
    if (below.has(nodeKey(node.type, node.relation))) found.set(node.key, node)
  }

  function reachHolding(held: string): void {
    for (const index of indexes) for (const node of index.holding(held)) reach(node)
  }

  reachHolding(user)
  if (run.everybody !== undefined) reachHolding(run.everybody)
  const [itself, own] = user.split('#')
  if (itself !== undefined && own !== undefined) reach(nodeOf(itself, own))
  // Grows while it is walked: a `Map` goes on to what is added.
  for (const node of found.values()) {
    reachHolding(node.key)
    const place = nodeKey(node.type, node.relation)
    for (const above of edges.computedBy.get(place) ?? []) reach(nodeOf(node.object, above))
    for (const taken of edges.takenBy.get(place) ?? []) {
      for (const index of indexes) {
        for (const { type: kind, object, relation: by } of index.holding(node.object)) {
          spend(run)
          if (kind === taken.type && by === taken.tupleset) reach(nodeOf(object, taken.relation))
        }
      }
    }
  }
  return [...found.values()]
    .filter((node) => node.type === type && node.relation === relation && visit(run, compiled, node.object) === YES)
    .map(({ object }) => object)
    .sort()
}

function nodeOf(object: string, relation: string): RelationNode {
  return { key: nodeKey(object, relation), type: object.slice(0, object.indexOf(':')), object, relation }
}
