import { type RelationshipSource, subjectEntity } from '@lockstep/core'

/** Knows the subject and the actor by name only: policies that ask for attributes or roles do not permit. */
export const bareRelationships: RelationshipSource = {
  async load({ subject, actor }) {
    const named = [subjectEntity({ subject }), ...(actor ? [{ type: 'Agent', id: actor.id }] : [])]
    return { entities: named.map((entity) => ({ ...entity, attributes: {}, parents: [] })), revision: '0' }
  },
}
