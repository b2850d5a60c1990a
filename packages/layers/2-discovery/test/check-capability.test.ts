import type { Caller, JsonValue } from '@lockstep/core'
import { CAPABILITY_META, checkCapability } from '@lockstep/discovery'
import { createEnvelopeSigner, type EnvelopeClaims } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { callerOf } from '../../../engines/policy/test/expense-fixture.ts'

const NOW = 1_800_000_000
const TOOL = 'approveExpense'
const caller: Caller = { ...callerOf('alice'), proof: { kind: 'dpop', thumbprint: 'the-key' } }
const claims: EnvelopeClaims = {
  sub: caller.subject.id,
  act: { sub: caller.actor.id },
  cnf: { jkt: 'the-key' },
  tool: TOOL,
  descriptor: 'digest',
  limits: { anyOf: [{}], complete: true },
  policy: 'version-1',
  iat: NOW - 30,
  exp: NOW + 30,
}
const signer = await createEnvelopeSigner({ clock: () => NOW * 1000 })
const stranger = await createEnvelopeSigner({ clock: () => NOW * 1000 })
const judge = (sent: JsonValue, by: Caller = caller, tool = TOOL, version = 'version-1') =>
  checkCapability({ signer, policyVersion: () => version }, { _meta: { [CAPABILITY_META]: sent } }, by, tool)
const REFUSED = { code: 'invocation.capability-invalid' }

test(proves('discovery:capability:accepted'), async () => {
  const jws = await signer.sign(claims)
  expect(await judge(jws)).toBeUndefined()
  expect(await judge({ tool: TOOL, state: 'usable', jws }), 'as it was listed').toBeUndefined()
  expect(await checkCapability({ signer, policyVersion: () => '' }, {}, caller, TOOL), 'none was sent').toBeUndefined()
  const bearer: Caller = { ...caller, proof: { kind: 'bearer' } }
  expect(await judge(await signer.sign({ ...claims, cnf: undefined }), bearer)).toBeUndefined()
})

const other = {
  'another policy': { policy: 'version-0' },
  'another tool': { tool: 'listExpenses' },
  'another subject': { sub: 'user:carol' },
  'another actor': { act: { sub: 'spiffe://expense.example/agents/other' } },
  'another key': { cnf: { jkt: 'another-key' } },
  'no key': { cnf: undefined },
  'another time': { exp: NOW },
} satisfies Record<string, Partial<EnvelopeClaims>>

test.each(Object.entries(other))(proves('discovery:capability:narrows', 'issued for %s'), async (_what, changes) => {
  expect(await judge(await signer.sign({ ...claims, ...changes }))).toEqual(REFUSED)
})

test(proves('discovery:capability:narrows', 'presented by another caller'), async () => {
  const jws = await signer.sign(claims)
  const carol: Caller = { ...caller, subject: { ...caller.subject, id: 'user:carol' } }
  const through: Caller = { ...caller, actor: { ...caller.actor, id: 'spiffe://expense.example/agents/other' } }
  const bearer: Caller = { ...caller, proof: { kind: 'bearer' } }
  for (const by of [carol, through, bearer]) expect(await judge(jws, by)).toEqual(REFUSED)
  expect(await judge(jws, caller, 'listExpenses')).toEqual(REFUSED)
  expect(await judge(jws, caller, TOOL, 'version-2')).toEqual(REFUSED)
})

test(proves('discovery:capability:narrows', 'not ours'), async () => {
  const jws = await signer.sign(claims)
  const sent = [await stranger.sign(claims), `${jws}x`, jws.slice(0, -4), '', 17, null, [], [jws], {}, { jws: null }]
  for (const one of sent) expect(await judge(one), JSON.stringify(one)).toEqual(REFUSED)
})
