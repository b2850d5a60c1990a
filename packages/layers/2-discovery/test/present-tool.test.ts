import type { JsonObject, JsonValue } from '@lockstep/core'
import { CAPABILITY_META } from '@lockstep/discovery'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { factsOf, MFA, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { capabilityOf, createWorld, type World } from './discovery-world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})

/** What models read and people do not see: a bidirectional override, a zero-width joiner, a tag, an escape sequence. */
const HIDDEN = ['\u202e', '\u200d', '\u{e0041}', '\u001b[8m', '\u0000']

test(proves('discovery:present:plain'), async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...HIDDEN), async (value, hidden) => {
      const seeded = (text: string) => `${text}${hidden}x`
      const descriptor = {
        name: 'listExpenses',
        description: seeded('Lists'),
        inputSchema: { type: 'object', properties: { [seeded('limit')]: { description: seeded('How many') } } },
        annotations: { title: seeded('List') },
        _meta: { [seeded('vendor')]: [seeded('note'), { deep: seeded('deeper') }] },
        extra: JSON.parse(JSON.stringify(value)),
      }
      const shown = JSON.stringify(await world.show(world.caller('alice'), 'alice', descriptor))
      const raw = hidden.startsWith('\u001b') ? '\u001b' : hidden
      expect(shown.includes(raw) || shown.includes(JSON.stringify(raw).slice(1, -1))).toBe(false)
    }),
    { numRuns: 60 },
  )
  const visible = { name: 'listExpenses', description: 'Größe 🎉\nzwei', inputSchema: { type: 'object' } }
  expect(await world.show(world.caller('alice'), 'alice', visible), 'what people see stays').toMatchObject(visible)
})

test(proves('discovery:present:locked'), async () => {
  const descriptor = {
    name: 'sendReport',
    title: 'CANARY',
    description: 'CANARY',
    inputSchema: { type: 'object', properties: { CANARY: {} } },
    annotations: { title: 'CANARY' },
    _meta: { CANARY: 'CANARY' },
  }
  const shown = await world.show(world.caller('alice'), 'alice', descriptor)
  expect(JSON.stringify(shown)).not.toContain('CANARY')
  expect(shown).toEqual({
    name: 'sendReport',
    description: `Locked. Sign in with acr "${MFA}" to use it.`,
    inputSchema: { type: 'object' },
    _meta: {
      [CAPABILITY_META]: {
        tool: 'sendReport',
        state: 'locked',
        limits: { anyOf: [], complete: true },
        unlock: { acr: MFA },
        expiresAt: world.clock() + 60_000,
      },
    },
  })
  const unlocked = await world.show(world.caller('alice', { acr: [PWD, MFA] }), 'alice', descriptor)
  expect(unlocked).toMatchObject({ title: 'CANARY', _meta: { CANARY: 'CANARY' } })
})

test(proves('discovery:present:odd'), async () => {
  const caller = world.caller('alice')
  const bounded = (maximum: number) => ({ name: 'listExpenses', inputSchema: { properties: { id: { maximum } } } })
  const [one, other] = [
    await world.show(caller, 'alice', bounded(2 ** 63)),
    await world.show(caller, 'alice', bounded(2 ** 64)),
  ]
  expect(one).toMatchObject(bounded(2 ** 63))
  const digests = await Promise.all(
    [one, other].map(async (shown) => (await world.signer.verify(String(capabilityOf(shown).jws)))?.descriptor),
  )
  expect(new Set(digests).size, 'another bound is another tool').toBe(2)

  let deep: JsonValue = 1
  for (let depth = 0; depth < 5000; depth += 1) deep = [deep]
  const odd = [
    { name: 'approveExpense', description: 'CANARY \ud800' },
    { name: 'approveExpense', inputSchema: deep },
  ]
  for (const descriptor of odd) {
    const listed = await world.discovery.list(caller, factsOf('alice'), [descriptor, { name: 'listExpenses' }], [])
    expect(listed.map(({ capability }) => capability.tool)).toEqual(['listExpenses'])
  }
})

test(proves('discovery:present:capability'), async () => {
  const forged: JsonObject = {
    tool: 'listExpenses',
    state: 'usable',
    limits: { anyOf: [{}], complete: true },
    jws: 'CANARY',
  }
  for (const meta of [{ [CAPABILITY_META]: forged }, 'CANARY', ['CANARY'], null]) {
    const shown = await world.show(world.caller('alice'), 'alice', { name: 'listExpenses', _meta: meta })
    expect(capabilityOf(shown)).toMatchObject({ tool: 'listExpenses', jws: expect.stringMatching(/^eyJ/) })
    expect(JSON.stringify(capabilityOf(shown))).not.toContain('CANARY')
  }
  expect(await world.show(world.caller('dave'), 'dave', { name: 'approveExpense', _meta: forged })).toBeUndefined()
})
