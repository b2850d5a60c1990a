import type { RelationTuple } from '@lockstep/core'
import { openRelations, type RelationLimits, type Relations, readRelationModel } from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'

/** A model in OpenFGA's language, of types only: `type document` and so on. */
export const modelOf = (types: string) => `model\n  schema 1.1\n${types}`

/** Reads `document:1#viewer@user:anne`. */
export function tuple(text: string): RelationTuple {
  const [, object = '', relation = '', user = ''] = /^([^#]*)#([^@]*)@(.*)$/s.exec(text) ?? []
  return { user, relation, object }
}

/** Opens a model in memory, with tuples as texts. */
export async function open(
  types: string,
  tuples: readonly string[] = [],
  limits: RelationLimits = {},
): Promise<Relations> {
  const model = await readRelationModel(modelOf(types))
  const relations = openRelations({ model, tuples: createMemoryState({ clock: () => 0 }).relations, limits })
  await relations.change({ writes: tuples.map(tuple) })
  return relations
}

/** Asks each question and returns those that are answered with yes. */
export function holding(relations: Relations, questions: readonly string[]): Promise<readonly string[]> {
  return relations.ask((now) => questions.filter((question) => now.check(tuple(question))))
}

export const DOCUMENTS = `type user
type agent
type group
  relations
    define member: [user, agent, group#member]
type folder
  relations
    define owner: [user]
    define viewer: [user, user:*, group#member] or owner
type document
  relations
    define parent: [folder]
    define owner: [user]
    define editor: [user, group#member] or owner
    define cleared: [user, user:*]
    define blocked: [user, group#member]
    define viewer: (editor or viewer from parent) but not blocked
    define secret_viewer: viewer and cleared
`
