import {
  type EntityFact,
  type EntityRef,
  LockstepError,
  type RelationshipSource,
  refuseUnknownOptions,
} from '@lockstep/core'
import { readUser, type UserText } from './tuple-text.ts'

/** Which relation becomes an attribute: the set of all objects of `type` that somebody is in `relation` to. */
export interface RelatedObjects {
  readonly relation: string
  /** An object type of the model. */
  readonly type: string
  /** The entity type of the objects in policies. @defaultValue the object type in Pascal case: `Department` of `department` */
  readonly entity?: string | undefined
}

/** What relations say of subjects and actors, as policies see it. */
export interface OpenfgaMapping {
  /**
   * Attributes by entity type (`User` for subjects, `Agent` for actors) and name: `{ User: { manages: { relation: 'manager', type: 'department' } } }`
   * makes `principal.manages.contains(resource.dept)` true for the manager of that department.
   */
  readonly attributes?: Readonly<Partial<Record<PrincipalType, Readonly<Record<string, RelatedObjects>>>>> | undefined
  /** Parents by entity type: `{ User: [{ relation: 'member', type: 'role' }] }` makes `principal in Role::"finance"` true for its members. */
  readonly parents?: Readonly<Partial<Record<PrincipalType, readonly RelatedObjects[]>>> | undefined
  /**
   * The user of the model that somebody is. Where several issuers name subjects, only this can tell their subjects apart.
   * @defaultValue `user:<id>` for a `User`, `agent:<id>` for an `Agent`
   */
  readonly userOf?: ((principal: Principal) => string) | undefined
  /** Objects in one list; a longer one denies with `policy.facts-too-large`. @defaultValue 1000 */
  readonly most?: number | undefined
}

/** A subject, with who vouches for it, or an actor. */
export interface Principal extends EntityRef {
  /** The issuer of a subject's token. */
  readonly issuer?: string
}

/** The principals that relations are read of. */
export type PrincipalType = 'User' | 'Agent'

/** The keys of {@link OpenfgaMapping}. */
export const MAPPING_KEYS = ['attributes', 'parents', 'userOf', 'most']

/** A mapping with nothing left open. */
export interface CheckedMapping {
  readonly most: number
  /**
   * The user of the model that a principal is, which is always one object. @throws LockstepError `policy.facts-unavailable`
   */
  readonly oneUser: (principal: Principal) => string
  /**
   * Refuses several issuers where nothing tells their subjects apart: the same id at another one would be the same user.
   * @throws LockstepError `configuration.invalid`
   */
  readonly refuseIssuers: (issuers: readonly string[]) => void
  /** Every list that is asked for, with where it goes. */
  readonly lists: readonly {
    readonly of: PrincipalType
    /** Absent for parents. */
    readonly attribute?: string
    readonly relation: string
    readonly type: string
    readonly entity: string
  }[]
}

const PRINCIPALS: readonly string[] = ['User', 'Agent']

/** Checks a mapping. Throws `TypeError` for one that cannot be meant. */
export function checkMapping(mapping: OpenfgaMapping, where: string): CheckedMapping {
  const { attributes = {}, parents = {}, userOf = defaultUser, most = 1_000 } = mapping
  if (typeof userOf !== 'function') throw new TypeError(`${where}: \`userOf\` must be a function`)
  if (!Number.isSafeInteger(most) || most < 1) throw new TypeError(`${where}: \`most\` must be a positive integer`)
  refuseUnknownOptions(attributes, PRINCIPALS, `${where}: \`attributes\``)
  refuseUnknownOptions(parents, PRINCIPALS, `${where}: \`parents\``)
  const lists = (['User', 'Agent'] as const).flatMap((of) => [
    ...Object.entries(attributes[of] ?? {}).map(([attribute, related]) => ({
      of,
      attribute,
      ...check(related, where),
    })),
    ...(parents[of] ?? []).map((related) => ({ of, ...check(related, where) })),
  ])
  if (lists.length === 0) throw new TypeError(`${where}: name at least one of \`attributes\` or \`parents\``)
  return {
    most,
    lists,
    oneUser: (principal) => oneUser(userOf(principal)),
    refuseIssuers(issuers) {
      if (issuers.length > 1 && mapping.userOf === undefined && lists.some(({ of }) => of === 'User')) {
        throw new LockstepError('configuration.invalid', '`relationships` of several issuers need `userOf`')
      }
    },
  }
}

function check(related: RelatedObjects, where: string) {
  refuseUnknownOptions(related, ['relation', 'type', 'entity'], where)
  const { relation, type, entity = pascalCase(type) } = related
  for (const text of [relation, type, entity]) {
    if (typeof text !== 'string' || text === '') throw new TypeError(`${where}: expected { relation, type, entity? }`)
  }
  return { relation, type, entity }
}

function pascalCase(type: unknown): string {
  const parts = typeof type === 'string' ? type.split(/[_-]/) : []
  return parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')
}

function defaultUser({ type, id }: Principal): string {
  return `${type.toLowerCase()}:${id}`
}

/**
 * INVARIANT: one object. An id that reads as everybody, or as all who are in a relation, is refused, or a subject named `*` would be everybody.
 */
function oneUser(user: string): string {
  // attacker-controlled: the id is a claim of a token.
  const read = tryRead(user)
  if (!read || read.id === '*' || read.relation !== undefined) {
    throw new LockstepError('policy.facts-unavailable', 'an id is none in OpenFGA')
  }
  return user
}

function tryRead(user: string): UserText | undefined {
  try {
    return readUser(user)
  } catch {
    return undefined
  }
}

/** The principals of a caller. */
export function principalsOf({ subject, actor }: Parameters<RelationshipSource['load']>[0]): readonly Principal[] {
  return [{ type: 'User', id: subject.id, issuer: subject.issuer }, ...(actor ? [{ type: 'Agent', id: actor.id }] : [])]
}

/**
 * Makes an entity of what `list` says of a principal. What it lists is in no attribute of its own: those are for the resource.
 *
 * @throws LockstepError `policy.facts-too-large`
 */
export function toEntity(
  { type, id }: Principal,
  { lists, most }: CheckedMapping,
  list: (asked: CheckedMapping['lists'][number]) => readonly string[],
): EntityFact {
  const attributes: Record<string, { readonly set: readonly { readonly entity: EntityRef }[] }> = {}
  const parents: EntityRef[] = []
  for (const asked of lists) {
    if (asked.of !== type) continue
    const objects = list(asked)
    if (objects.length > most) throw new LockstepError('policy.facts-too-large')
    const refs = objects.map((object) => ({ type: asked.entity, id: object.slice(asked.type.length + 1) }))
    if (asked.attribute === undefined) parents.push(...refs)
    else attributes[asked.attribute] = { set: refs.map((entity) => ({ entity })) }
  }
  return { type, id, attributes, parents }
}
