import type { JsonObject, RelationTuple } from '@lockstep/core'
import type { RelationsNow } from '../open-relations.ts'
import { OpenfgaError } from './openfga-error.ts'
import { invalid, objectIn, optionalText } from './read-members.ts'

const MOST = 100
const USUAL = 50

/**
 * A page of the tuples that fit a partial tuple key, in the order of their texts: a token names the last one, so reading on works although what
 * was read is deleted meanwhile. OpenFGA wants a type of object (`document:`) wherever it gets a key at all.
 */
export function pageOfTuples(now: RelationsNow, body: JsonObject): object {
  const size = body.page_size ?? USUAL
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > MOST) {
    throw invalid(`\`page_size\` must be 1 to ${MOST}`)
  }
  const fits = filterOf(objectIn(body, 'tuple_key'))
  const after = readToken(optionalText(body, 'continuation_token'))
  const page: { readonly text: string; readonly tuple: RelationTuple }[] = []
  let isMore = false
  for (const tuple of now.tuples()) {
    if (!fits(tuple)) continue
    const text = textOf(tuple)
    if (after !== undefined && text <= after) continue
    const place = page.findLastIndex((one) => one.text < text) + 1
    if (place >= size) {
      isMore = true
      continue
    }
    page.splice(place, 0, { text, tuple })
    if (page.length > size) {
      page.pop()
      isMore = true
    }
  }
  const token = isMore ? Buffer.from(page.at(-1)?.text ?? '').toString('base64url') : ''
  // When a tuple was written is not kept.
  const tuples = page.map(({ tuple }) => ({ key: tuple, timestamp: '1970-01-01T00:00:00Z' }))
  return { tuples, continuation_token: token }
}

function filterOf(key: JsonObject): (tuple: RelationTuple) => boolean {
  const object = optionalText(key, 'object')
  const relation = optionalText(key, 'relation')
  const user = optionalText(key, 'user')
  if (object === undefined && (relation !== undefined || user !== undefined)) {
    throw invalid('expected the type of an object in `tuple_key.object`')
  }
  if (object !== undefined && !object.includes(':'))
    throw invalid('expected `type:` or `type:id` in `tuple_key.object`')
  if (object?.endsWith(':') && user === undefined) throw invalid('expected `tuple_key.user` beside a type of object')
  return (tuple) =>
    (object === undefined || (object.endsWith(':') ? tuple.object.startsWith(object) : tuple.object === object)) &&
    (relation === undefined || tuple.relation === relation) &&
    (user === undefined || tuple.user === user)
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined
  const text = Buffer.from(token, 'base64url').toString()
  if (token.length > 4_096 || Buffer.from(text).toString('base64url') !== token) {
    throw new OpenfgaError(400, 'invalid_continuation_token', 'the token is none of ours')
  }
  return text
}

function textOf({ user, relation, object }: RelationTuple): string {
  return `${object}#${relation}@${user}`
}
