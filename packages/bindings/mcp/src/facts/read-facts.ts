import {
  ACTOR_TYPE,
  actorEntity,
  type EntityFact,
  type EntityRef,
  type Facts,
  hasCycle,
  SUBJECT_TYPE,
  type Subject,
  sameEntity,
  subjectEntity,
  type Value,
} from '@lockstep/core'
import { createFactBudget } from './fact-budget.ts'
import { readEntity } from './read-entity.ts'
import { readList, readMembers, readText, unfit } from './read-value.ts'

/** Of whom facts were asked. */
export interface FactsAbout {
  readonly subject: Subject
  readonly actor?: { readonly id: string } | undefined
}

/** The types whose entities are people and programs: what is said of one must not count for another. */
const PRINCIPALS: readonly string[] = [SUBJECT_TYPE, ACTOR_TYPE]
const MAX_REVISION = 256

/**
 * Copies the facts that a source returned, and refuses what is not about these two: facts without the subject, an entity that is there twice,
 * another person or program that nothing said about these two leads to. Whether attributes fit their types is for the schema to say, at
 * each question.
 *
 * @param values how many values they may hold, attributes, members of sets and parents counted alike
 * @throws LockstepError `policy.facts-invalid`, `policy.facts-too-large`
 */
export function readFacts(given: unknown, { subject, actor }: FactsAbout, values: number): Facts {
  const budget = createFactBudget(values)
  const members = readMembers(given, ['entities', 'revision'])
  const revision = readText(members.get('revision'), budget)
  if (revision === '' || revision.length > MAX_REVISION) throw unfit('a revision is none')
  const known = new Map<string, EntityFact>()
  for (const one of readList(members.get('entities'), budget)) {
    const entity = readEntity(one, budget)
    if (known.has(keyOf(entity))) throw unfit('an entity is there twice')
    known.set(keyOf(entity), entity)
  }
  const about = [subjectEntity({ subject }), ...(actor ? [actorEntity({ actor })] : [])]
  if (about[0] && !known.has(keyOf(about[0]))) throw unfit('the subject is not there')
  refuseOthers(known, about)
  if (hasCycle([...known.values()])) throw unfit('an entity is inside itself')
  return { entities: [...known.values()], revision }
}

/** What is said of somebody else counts only where it is part of what is said of these two: `principal.manager.department`. */
function refuseOthers(known: ReadonlyMap<string, EntityFact>, about: readonly EntityRef[]): void {
  const isAbout = (entity: EntityRef) => about.some((one) => sameEntity(one, entity))
  const others = [...known.values()].filter((entity) => PRINCIPALS.includes(entity.type) && !isAbout(entity))
  if (others.length === 0) return
  const reached = new Set(about.map(keyOf))
  for (const key of reached) {
    for (const ref of namedBy(known.get(key))) reached.add(keyOf(ref))
  }
  if (others.some((entity) => !reached.has(keyOf(entity)))) throw unfit('an entity is about somebody else')
}

function namedBy(fact: EntityFact | undefined): readonly EntityRef[] {
  if (!fact) return []
  const { attributes, parents, tags = {} } = fact
  return [...parents, ...entitiesIn({ record: attributes }), ...entitiesIn({ record: tags })]
}

function entitiesIn(value: Value): readonly EntityRef[] {
  if (typeof value !== 'object' || 'extension' in value) return []
  if ('entity' in value) return [value.entity]
  return ('set' in value ? value.set : Object.values(value.record)).flatMap(entitiesIn)
}

function keyOf({ type, id }: EntityRef): string {
  return JSON.stringify([type, id])
}
