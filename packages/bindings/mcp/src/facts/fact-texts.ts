import { digest, type EntityFact, type Facts, valueToJson } from '@lockstep/core'

/** Digests of what is said of each entity, in an order of their own: the same for the same facts, whatever revision was claimed for them. */
export function factTexts({ entities }: Facts): readonly string[] {
  return entities.map(factText).sort()
}

function factText({ type, id, attributes, parents, tags = {} }: EntityFact): string {
  const above = parents.map((parent) => digest({ type: parent.type, id: parent.id })).sort()
  return digest({
    type,
    id,
    attributes: valueToJson({ record: attributes }),
    parents: above,
    tags: valueToJson({ record: tags }),
  })
}
