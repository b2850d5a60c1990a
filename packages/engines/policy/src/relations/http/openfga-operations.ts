import type { JsonObject, RelationTuple } from '@lockstep/core'
import type { Relations, RelationsNow } from '../open-relations.ts'
import { answerOf } from './openfga-error.ts'
import { pageOfTuples } from './page-of-tuples.ts'
import { contextualIn, invalid, listIn, objectIn, optionalText, textIn, tupleIn } from './read-members.ts'

/** One operation of the API: takes a body, resolves to the answer's. */
export type OpenfgaOperation = (relations: Relations, body: JsonObject) => Promise<object>

/** OpenFGA's own bounds, as it is shipped. */
const MOST_CONTEXTUAL = 100
const MOST_CHECKS = 50
const MOST_WRITES = 100
const MOST_LISTED = 1_000
const CORRELATION_ID = /^[\w-]{1,36}$/

/** The operations that a store has, by the last part of their path. `context` is for conditions alone, of which there are none. */
export const OPERATIONS: ReadonlyMap<string, OpenfgaOperation> = new Map<string, OpenfgaOperation>([
  ['check', async (relations, body) => relations.ask((now) => ({ allowed: check(now, body) }))],
  [
    'batch-check',
    async (relations, body) => {
      const checks = listIn(body, 'checks', MOST_CHECKS)
      const ids = checks.map((one) => textIn(one, 'correlation_id'))
      if (ids.length === 0 || new Set(ids).size < ids.length || !ids.every((id) => CORRELATION_ID.test(id))) {
        throw invalid('expected checks, each with a `correlation_id` of its own')
      }
      const result = await relations.ask((now) => checks.map((one) => checkOne(now, one)))
      return { result: Object.fromEntries(ids.map((id, index) => [id, result[index]])) }
    },
  ],
  [
    'list-objects',
    async (relations, body) => {
      const question = { user: textIn(body, 'user'), relation: textIn(body, 'relation'), type: textIn(body, 'type') }
      const contextualTuples = contextualIn(body, MOST_CONTEXTUAL)
      const objects = await relations.ask((now) => now.listObjects({ ...question, contextualTuples }))
      return { objects: objects.slice(0, MOST_LISTED) }
    },
  ],
  [
    'list-users',
    async (relations, body) => {
      const about = objectIn(body, 'object')
      const [filter, ...more] = listIn(body, 'user_filters', MOST_CONTEXTUAL)
      if (!filter || more.length > 0) throw invalid('expected one user filter')
      const question = {
        object: `${textIn(about, 'type')}:${textIn(about, 'id')}`,
        relation: textIn(body, 'relation'),
        filter: { type: textIn(filter, 'type'), relation: optionalText(filter, 'relation') },
        contextualTuples: contextualIn(body, MOST_CONTEXTUAL),
      }
      const users = await relations.ask((now) => now.listUsers(question))
      return { users: users.slice(0, MOST_LISTED).map(userToJson) }
    },
  ],
  ['read', async (relations, body) => relations.ask((now) => pageOfTuples(now, body))],
  [
    'write',
    async (relations, body) => {
      const writes = objectIn(body, 'writes')
      const deletes = objectIn(body, 'deletes')
      const change = {
        writes: listIn(writes, 'tuple_keys', MOST_WRITES).map(tupleIn),
        deletes: listIn(deletes, 'tuple_keys', MOST_WRITES).map(tupleIn),
        onDuplicate: reactionIn(writes, 'on_duplicate'),
        onMissing: reactionIn(deletes, 'on_missing'),
      }
      const count = change.writes.length + change.deletes.length
      if (count === 0 || count > MOST_WRITES) throw invalid(`expected 1 to ${MOST_WRITES} tuples`)
      if (new Set([...change.writes, ...change.deletes].map(keyOf)).size < count) {
        throw invalid('a tuple stands in a request once')
      }
      await relations.change(change)
      return {}
    },
  ],
])

function check(now: RelationsNow, body: JsonObject): boolean {
  const contextualTuples = contextualIn(body, MOST_CONTEXTUAL)
  return now.check({ ...tupleIn(objectIn(body, 'tuple_key')), contextualTuples })
}

/** One of many: what is wrong with it is its own answer. */
function checkOne(now: RelationsNow, body: JsonObject): object {
  try {
    return { allowed: check(now, body) }
  } catch (error) {
    const answer = answerOf(error)
    if (answer.status !== 400) throw error
    const { code, message } = answer.body as { readonly code: string; readonly message: string }
    return { error: { input_error: code, message } }
  }
}

function reactionIn(body: JsonObject, name: string): 'error' | 'ignore' {
  const reaction = optionalText(body, name) ?? 'error'
  if (reaction !== 'error' && reaction !== 'ignore') throw invalid(`\`${name}\` must be \`error\` or \`ignore\``)
  return reaction
}

function keyOf({ user, relation, object }: RelationTuple): string {
  return JSON.stringify([user, relation, object])
}

function userToJson(user: string): object {
  const [object = '', relation] = user.split('#')
  const type = object.slice(0, object.indexOf(':'))
  const id = object.slice(type.length + 1)
  if (relation !== undefined) return { userset: { type, id, relation } }
  return id === '*' ? { wildcard: { type } } : { object: { type, id } }
}
