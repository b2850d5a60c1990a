import type { RelationTuple } from '@lockstep/core'
import type { RelationDefinition, RelationTypes } from './relation-model.ts'
import { RelationRejection } from './relation-rejection.ts'
import { readObject, readUser, type UserText } from './tuple-text.ts'

/** The definition of a relation. @throws RelationRejection `type-unknown`, `relation-unknown` */
export function relationOf(types: RelationTypes, type: string, relation: unknown): RelationDefinition {
  const relations = types.get(type)
  if (!relations) throw new RelationRejection('type-unknown', 'the model has no such type')
  const definition = typeof relation === 'string' ? relations.get(relation) : undefined
  if (!definition) throw new RelationRejection('relation-unknown', `the model has no such relation of \`${type}\``)
  return definition
}

/** Reads a user that somebody asks about. @throws RelationRejection `malformed`, `type-unknown`, `relation-unknown` */
export function readKnownUser(types: RelationTypes, text: unknown): UserText {
  const user = readUser(text)
  if (user.relation !== undefined) relationOf(types, user.type, user.relation)
  else if (!types.has(user.type)) throw new RelationRejection('type-unknown', 'the model has no such type')
  return user
}

/**
 * Holds a tuple against the model: the relation is declared, and lets such a user be named.
 *
 * @returns the type of its object, and its user
 * @throws RelationRejection `malformed`, `type-unknown`, `relation-unknown`, `not-assignable`
 */
export function fitTuple(
  types: RelationTypes,
  { user, relation, object }: RelationTuple,
): { readonly type: string; readonly named: UserText } {
  const { type } = readObject(object)
  const { users } = relationOf(types, type, relation)
  const named = readKnownUser(types, user)
  const isEverybody = named.id === '*'
  const fits = users.some(
    (one) => one.type === named.type && one.relation === named.relation && (one.wildcard ?? false) === isEverybody,
  )
  if (!fits) throw new RelationRejection('not-assignable', `\`${type}#${relation}\` takes no such user`)
  return { type, named }
}
