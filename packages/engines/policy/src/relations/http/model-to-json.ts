import type { RelationModel, Rewrite } from '../relation-model.ts'

/** A model as OpenFGA's API tells it. */
export function modelToJson({ id, types }: RelationModel): object {
  return {
    id,
    schema_version: '1.1',
    type_definitions: [...types].map(([type, relations]) => ({
      type,
      relations: Object.fromEntries([...relations].map(([name, { rewrite }]) => [name, rewriteToJson(rewrite)])),
      metadata: {
        relations: Object.fromEntries(
          [...relations].map(([name, { users }]) => [
            name,
            {
              directly_related_user_types: users.map((user) => ({
                type: user.type,
                ...(user.relation !== undefined && { relation: user.relation }),
                ...(user.wildcard && { wildcard: {} }),
              })),
            },
          ]),
        ),
      },
    })),
    conditions: {},
  }
}

function rewriteToJson(rewrite: Rewrite): object {
  switch (rewrite.kind) {
    case 'this':
      return { this: {} }
    case 'computed':
      return { computedUserset: { relation: rewrite.relation } }
    case 'from': {
      const { tupleset, relation } = rewrite
      return { tupleToUserset: { tupleset: { relation: tupleset }, computedUserset: { relation } } }
    }
    case 'exclusion':
      return { difference: { base: rewriteToJson(rewrite.base), subtract: rewriteToJson(rewrite.subtract) } }
    default:
      return { [rewrite.kind]: { child: rewrite.of.map(rewriteToJson) } }
  }
}
