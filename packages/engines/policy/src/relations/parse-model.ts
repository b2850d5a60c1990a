import { policyMistake } from '../policy-mistake.ts'
import { type Complain, membersOf, parseRewrite } from './parse-rewrite.ts'
import type { RelationDefinition, RelationTypes, UserType } from './relation-model.ts'
import { isName } from './tuple-text.ts'

/** What OpenFGA takes at most. */
const MOST_TYPES = 100
const MOST_RELATIONS = 1_000

/**
 * Reads the JSON of an OpenFGA model, schema 1.1. What is not known is refused, never left out: conditions among it.
 *
 * @param file names the model in messages
 * @throws LockstepError `policy.invalid`
 */
export function parseModel(json: unknown, file: string): RelationTypes {
  const complain = (says: string) => policyMistake([{ file, says }])
  const members = membersOf(json, ['id', 'schema_version', 'type_definitions', 'conditions'], complain)
  const version = members.get('schema_version')
  if (version !== '1.1') throw complain('expected `schema 1.1`')
  if (membersOf(members.get('conditions') ?? {}, CONDITIONS, unsupported(complain)).size > 0)
    throw complain(NO_CONDITIONS)
  const definitions = members.get('type_definitions')
  if (!Array.isArray(definitions) || definitions.length === 0 || definitions.length > MOST_TYPES) {
    throw complain(`expected 1 to ${MOST_TYPES} types`)
  }
  const types = new Map<string, ReadonlyMap<string, RelationDefinition>>()
  for (const definition of definitions) {
    const { type, relations } = parseType(definition, complain)
    if (types.has(type)) throw complain(`the type \`${type}\` is there twice`)
    types.set(type, relations)
  }
  return types
}

/** No condition is known. */
const CONDITIONS: readonly string[] = []
const NO_CONDITIONS = 'conditions are not supported: write the rule in Cedar, where it sees the context of the call'
const unsupported = (complain: Complain) => () => complain(NO_CONDITIONS)

function parseType(definition: unknown, complain: Complain) {
  const members = membersOf(definition, ['type', 'relations', 'metadata'], complain)
  const type = members.get('type')
  if (typeof type !== 'string' || !isName(type, 254)) throw complain('a type has no valid name')
  const metadata = membersOf(members.get('metadata') ?? {}, ['relations'], complain)
  const users = objectOf(metadata.get('relations') ?? {}, complain)
  const rewrites = objectOf(members.get('relations') ?? {}, complain)
  if (rewrites.size > MOST_RELATIONS) throw complain(`\`${type}\` has more than ${MOST_RELATIONS} relations`)
  for (const name of users.keys()) {
    if (!rewrites.has(name)) throw complain(`\`${type}#${name}\` has users and no definition`)
  }
  const relations = new Map<string, RelationDefinition>()
  for (const [name, rewrite] of rewrites) {
    if (!isName(name, 50)) throw complain(`a relation of \`${type}\` has no valid name`)
    const at = (says: string) => complain(`\`${type}#${name}\`: ${says}`)
    relations.set(name, { rewrite: parseRewrite(rewrite, at), users: parseUsers(users.get(name) ?? {}, at) })
  }
  return { type, relations }
}

function parseUsers(metadata: unknown, complain: Complain): readonly UserType[] {
  const users = membersOf(metadata, ['directly_related_user_types'], complain).get('directly_related_user_types') ?? []
  if (!Array.isArray(users) || users.length > MOST_TYPES) throw complain('expected a list of user types')
  return users.map((user) => {
    const members = membersOf(user, ['type', 'relation', 'wildcard', 'condition'], complain)
    if (members.has('condition')) throw complain(NO_CONDITIONS)
    const type = members.get('type')
    const relation = members.get('relation')
    const wildcard = members.has('wildcard')
    if (
      typeof type !== 'string' ||
      !(relation === undefined || typeof relation === 'string') ||
      (wildcard && relation)
    ) {
      throw complain('expected a user type as `type`, `type:*` or `type#relation`')
    }
    return { type, ...(relation !== undefined && { relation }), ...(wildcard && { wildcard }) }
  })
}

function objectOf(value: unknown, complain: Complain): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw complain('expected an object')
  return new Map(Object.entries(value))
}
