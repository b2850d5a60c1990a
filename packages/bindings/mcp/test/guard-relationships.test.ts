import type { EntityFact, RelationshipSource } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { guardRelationships } from '../src/facts/guard-relationships.ts'

const subject = { issuer: 'https://issuer.test', id: 'ann' }
const bare = (type: string, id: string): EntityFact => ({ type, id, attributes: {}, parents: [] })
const guard = (load: RelationshipSource['load'], factsMs = 60_000) =>
  guardRelationships({ load }, { factsMs, factValues: 100 })

test(proves('facts:source:owing'), async () => {
  let asked = 0
  const answer: (() => void)[] = []
  const guarded = guard(async () => {
    asked += 1
    await new Promise<void>((resolve) => answer.push(resolve))
    return { entities: [bare('User', 'ann')], revision: '1' }
  })
  const waiting = Array.from({ length: 1_000 }, () => guarded.load({ subject }))
  await expect(guarded.load({ subject })).rejects.toMatchObject({ code: 'policy.facts-unavailable' })
  expect(asked).toBe(1_000)
  for (const one of answer) one()
  await Promise.all(waiting)
  const served = guarded.load({ subject })
  answer.at(-1)?.()
  await expect(served).resolves.toMatchObject({ revision: '1' })
})

test(proves('facts:source:owing', 'late answers count until they come'), async () => {
  const guarded = guard(() => new Promise(() => undefined), 1)
  const all = await Promise.allSettled(Array.from({ length: 1_001 }, () => guarded.load({ subject })))
  expect(all.every(({ status }) => status === 'rejected')).toBe(true)
  let asked = false
  const other = guard(async () => {
    asked = true
    return { entities: [bare('User', 'ann')], revision: '1' }
  })
  await other.load({ subject })
  expect(asked).toBe(true)
  await expect(guarded.load({ subject })).rejects.toMatchObject({ code: 'policy.facts-unavailable' })
})

test(proves('facts:source:shape', 'somebody else as part of what is said'), async () => {
  const boss = bare('User', 'boss')
  const led: EntityFact = { ...bare('User', 'ann'), attributes: { manager: { entity: boss } } }
  const facts = {
    entities: [led, { ...boss, attributes: { manager: { entity: bare('User', 'ceo') } } }, bare('User', 'ceo')],
    revision: '1',
  }
  await expect(guard(async () => facts).load({ subject })).resolves.toEqual({
    entities: [
      { ...led, attributes: { manager: { entity: { type: 'User', id: 'boss' } } } },
      { ...boss, attributes: { manager: { entity: { type: 'User', id: 'ceo' } } } },
      bare('User', 'ceo'),
    ],
    revision: '1',
  })
  const others = { ...facts, entities: facts.entities.filter(({ id }) => id !== 'boss') }
  await expect(guard(async () => others).load({ subject })).rejects.toMatchObject({ code: 'policy.facts-invalid' })
})
