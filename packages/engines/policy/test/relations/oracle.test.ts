import { openRelations, readRelationModel } from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { runs, within } from '../../../../../test/long-runs.ts'
import { proves } from '../../../../../test/requirements/index.ts'
import { random } from '../oracle/random.ts'
import { type RelationWorld, randomRelations } from './random-relations.ts'
import { startSpiceDb } from './spicedb.ts'

const WORLDS = runs(40)
const OPERATORS = [
  'this',
  'wildcard',
  'userset',
  'computedUserset',
  'tupleToUserset',
  'union',
  'intersection',
  'difference',
]

/** Opens a drawn world here; a model that the language's own rules refuse is drawn again. */
async function open({ json, tuples }: RelationWorld) {
  const model = await readRelationModel(json).catch(() => undefined)
  if (!model) return undefined
  const relations = openRelations({ model, tuples: createMemoryState({ clock: () => 0 }).relations })
  await relations.change({ writes: tuples })
  return relations
}

function operatorsOf({ json }: RelationWorld, object: string, relation: string): readonly string[] {
  const { relations = {}, metadata } = json.type_definitions.find(({ type }) => object.startsWith(`${type}:`)) ?? {}
  const text = JSON.stringify([relations[relation], metadata?.relations[relation]])
  return OPERATORS.filter((operator) =>
    text.includes(operator === 'userset' ? '"type":"group","relation"' : `"${operator}"`),
  )
}

// What the two leave apart by design is not asked here: a wildcard as the user of a question (SpiceDB refuses it), and cycles (it runs out of
// depth; see cycles.test.ts).
test(
  proves('policy:relations:as-spicedb'),
  async () => {
    // The same draws at every run: what fails once fails again.
    const draw = random(20_261_122)
    const split = { allow: 0, deny: 0 }
    const counted = new Map<string, { allow: number; deny: number }>()
    let refused = 0
    for (let drawn = 0; drawn < WORLDS; ) {
      const world = randomRelations(draw)
      const relations = await open(world)
      if (!relations) {
        refused += 1
        continue
      }
      drawn += 1
      const named = ['alpha', 'beta', 'gamma', 'delta']
      const groups = world.objects
        .filter((object) => !object.startsWith('document:'))
        .map((object) => `${object}#alpha`)
      const questions = world.objects.flatMap((object) =>
        named.flatMap((relation) =>
          [...world.users, 'user:nobody', ...groups].map((user) => ({ user, relation, object })),
        ),
      )
      const spicedb = await startSpiceDb(world)
      const expected = await spicedb.check(questions).finally(() => spicedb.close())
      const answers = await relations.ask((now) => questions.map((question) => now.check(question)))
      questions.forEach((question, index) => {
        const answer = expected[index] ? 'allow' : 'deny'
        if (answers[index] !== expected[index]) {
          expect(answers[index], JSON.stringify([question, world])).toBe(expected[index])
        }
        split[answer] += 1
        for (const operator of operatorsOf(world, question.object, question.relation)) {
          const count = counted.get(operator) ?? { allow: 0, deny: 0 }
          count[answer] += 1
          counted.set(operator, count)
        }
      })
      const allowed = questions.filter((_, index) => expected[index])
      await relations.ask((now) => {
        for (const user of [...world.users, ...groups]) {
          for (const relation of named) {
            for (const type of ['group', 'folder', 'document']) {
              const objects = allowed.filter(
                (one) => one.user === user && one.relation === relation && one.object.startsWith(`${type}:`),
              )
              expect(now.listObjects({ user, relation, type })).toEqual(objects.map(({ object }) => object).sort())
            }
          }
        }
        for (const object of world.objects) {
          for (const relation of named) {
            const listed = now.listUsers({ object, relation, filter: { type: 'user' } })
            const users = allowed.filter((one) => one.object === object && one.relation === relation)
            const people = users.map(({ user }) => user).filter((user) => user.startsWith('user:'))
            expect(listed.filter((user) => user !== 'user:*' && !people.includes(user))).toEqual([])
            if (!listed.includes('user:*')) expect(people.filter((user) => !listed.includes(user))).toEqual([])
            expect(people.includes('user:nobody')).toBe(listed.includes('user:*'))
          }
        }
      })
    }
    const cells = split.allow + split.deny
    const rows = OPERATORS.map((name) => `${name} ${counted.get(name)?.allow ?? 0}/${counted.get(name)?.deny ?? 0}`)
    process.stdout.write(
      `${cells} cells of ${WORLDS} models (${refused} drawn that the language refuses): ${split.allow} allow, ${split.deny} deny; allow/deny by operator: ${rows.join(', ')}\n`,
    )
    expect(cells).toBeGreaterThan(5_000)
    expect(Math.min(split.allow, split.deny) / cells).toBeGreaterThanOrEqual(0.2)
    for (const name of OPERATORS) {
      expect(counted.get(name)?.allow ?? 0, name).toBeGreaterThan(200)
      expect(counted.get(name)?.deny ?? 0, name).toBeGreaterThan(200)
    }
  },
  within(180_000),
)
