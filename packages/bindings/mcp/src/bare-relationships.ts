import { actorEntity, type RelationshipSource, subjectEntity } from '@lockstep/core'

/** Knows the subject and the actor by name only: policies that ask for attributes or roles do not permit. */
export const bareRelationships: RelationshipSource = {
  async load(caller) {
    const entities = [subjectEntity(caller), actorEntity(caller)].map((entity) => ({
      ...entity,
      attributes: {},
      parents: [],
    }))
    return { entities, revision: '0' }
  },
}
