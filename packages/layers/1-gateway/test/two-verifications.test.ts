import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import type { Attack } from './attack.ts'
import { possessionAttacks } from './possession-attacks.ts'
import { proofAttacks } from './proof-attacks.ts'
import { tokenAttacks } from './token-attacks.ts'
import { createWorld } from './world.ts'

const attacks = [tokenAttacks, proofAttacks, possessionAttacks].flatMap((table) =>
  Object.entries(table).flatMap(([id, ways]) =>
    ways.map((attack): [string, Attack] => [`${id}, ${attack.says}`, attack]),
  ),
)

test.each(attacks)(proves('gateway:verification:alike', '%s'), async (_, attack) => {
  const world = createWorld({ ...attack.world, both: true })
  // What the caller did before must not matter: keys and tokens of an honest request are remembered.
  expect((await world.admit()).ok || attack.world !== undefined).toBe(true)
  const sent = attack.send(world)
  if (sent instanceof Promise) return void (await sent)
  const request = world.request(sent)
  for (let time = 0; time < 2; time += 1) await world.gateway.admit(request)
})

test(proves('gateway:verification:chosen', 'a gateway takes one of two'), async () => {
  for (const verification of ['fast', 'jose'] as const) {
    expect((await createWorld({ verification }).admit()).ok).toBe(true)
  }
  const misspelt = JSON.parse('{ "verification": "quick" }')
  expect(() => createWorld(misspelt)).toThrow(TypeError)
})
