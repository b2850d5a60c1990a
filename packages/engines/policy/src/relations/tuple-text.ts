import { RelationRejection } from './relation-rejection.ts'

/** A user of a tuple: one object, everybody of a type, or all who are in a relation to an object. */
export interface UserText {
  readonly type: string
  /** `*` for everybody. */
  readonly id: string
  readonly relation?: string | undefined
}

/** OpenFGA's bounds, in characters. */
const MOST_OBJECT = 256
const MOST_USER = 512
const NAME = /^[^:#@*\s\p{Cc}\p{Cs}]{1,254}$/u
/** OpenFGA takes every other character into an id. Control characters and lone surrogates would not survive a database. */
const ID = /^[^:#\s\p{Cc}\p{Cs}]+$/u

/** Whether this may be the name of a type or a relation. */
export function isName(text: string, most: 50 | 254): boolean {
  return text.length <= most && NAME.test(text)
}

/** Reads `type:id`. @throws RelationRejection `malformed` */
export function readObject(text: unknown): UserText {
  const read = typeof text === 'string' && text.length <= MOST_OBJECT ? readParts(text) : undefined
  if (!read || read.relation !== undefined || read.id === '*') {
    throw new RelationRejection('malformed', 'expected an object as `type:id`')
  }
  return read
}

/** Reads `type:id`, `type:*` or `type:id#relation`. @throws RelationRejection `malformed` */
export function readUser(text: unknown): UserText {
  const read = typeof text === 'string' && text.length <= MOST_USER ? readParts(text) : undefined
  if (!read || (read.relation !== undefined && read.id === '*')) {
    throw new RelationRejection('malformed', 'expected a user as `type:id`, `type:*` or `type:id#relation`')
  }
  return read
}

function readParts(text: string): UserText | undefined {
  const colon = text.indexOf(':')
  const hash = text.indexOf('#', colon)
  const type = text.slice(0, Math.max(0, colon))
  const id = text.slice(colon + 1, hash < 0 ? undefined : hash)
  if (!isName(type, 254) || !ID.test(id)) return undefined
  if (hash < 0) return { type, id }
  const relation = text.slice(hash + 1)
  return isName(relation, 50) ? { type, id, relation } : undefined
}
