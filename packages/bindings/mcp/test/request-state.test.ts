import type { Caller } from '@lockstep/core'
import { createMemoryState } from '@lockstep/stores/memory'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createRequestStates } from '../src/elicitation/request-state.ts'

const caller: Caller = {
  subject: { issuer: 'https://issuer.example', id: 'user:alice' },
  actor: { id: 'spiffe://x/agent', basis: 'proved', chain: [] },
  proof: { kind: 'dpop', thumbprint: 'key' },
  assurance: { satisfied: [] },
  scopes: [],
  token: { id: 'token', issuedAt: 0, expiresAt: 1 },
  trace: '0'.repeat(32),
}
const call = { tool: 'approve', argumentsDigest: 'digest' }
const INVALID = { ok: false, denial: { code: 'invocation.request-state-invalid' } }
const USED = { ok: true, value: ['signIn', 'approval'] }

function openStates(type: 'lockstep-state+jwe' | 'lockstep-grant+jwe' = 'lockstep-state+jwe') {
  let now = 1_800_000_000_000
  let version = '1'
  const clock = () => now
  const key = createSealingKey(Buffer.alloc(32, 7).toString('base64url'))
  const { singleUse } = createMemoryState({ clock })
  const sealer = createGrantSealer({ keys: [key], trustDomain: 'x', type })
  return {
    states: createRequestStates({ sealer, singleUse, policyVersion: () => version, clock }),
    pass: (ms: number) => {
      now += ms
    },
    edit: () => {
      version = '2'
    },
  }
}

test(proves('edge:elicitation:state', 'of whoever it was given to'), async () => {
  const { states } = openStates()
  const state = await states.issue(caller, call, ['signIn', 'approval'])
  const others: readonly [string, Caller, typeof call][] = [
    ['subject', { ...caller, subject: { ...caller.subject, id: 'user:bob' } }, call],
    ['issuer', { ...caller, subject: { ...caller.subject, issuer: 'https://other.example' } }, call],
    ['actor', { ...caller, actor: { ...caller.actor, id: 'spiffe://x/other' } }, call],
    ['key', { ...caller, proof: { kind: 'dpop', thumbprint: 'other' } }, call],
    ['token of a bearer', { ...caller, proof: { kind: 'bearer' } }, call],
    ['tool', caller, { ...call, tool: 'other' }],
    ['arguments', caller, { ...call, argumentsDigest: 'other' }],
  ]
  for (const [name, who, what] of others) expect(await states.use(state, who, what), name).toEqual(INVALID)
  expect(await states.use(state, caller, call)).toEqual(USED)
  expect(await states.use(state, caller, call), 'once').toEqual(INVALID)
})

test(proves('edge:elicitation:state', 'for its time, under its policy and as what it is'), async () => {
  const { states, pass, edit } = openStates()
  const early = await states.issue(caller, call, ['signIn', 'approval'])
  pass(599_999)
  const late = await states.issue(caller, call, ['signIn', 'approval'])
  expect(await states.use(early, caller, call)).toEqual(USED)
  edit()
  expect(await states.use(late, caller, call), 'another policy').toEqual(INVALID)
  const last = await states.issue(caller, call, ['signIn', 'approval'])
  pass(600_000)
  expect(await states.use(last, caller, call), 'its time is over').toEqual(INVALID)
  const grant = await openStates('lockstep-grant+jwe').states.issue(caller, call, ['signIn', 'approval'])
  expect(await states.use(grant, caller, call), 'what was sealed as something else').toEqual(INVALID)
})

test(proves('edge:elicitation:state', 'once, of any number of racers'), async () => {
  const { states } = openStates()
  const state = await states.issue(caller, call, ['signIn', 'approval'])
  const used = await Promise.all(Array.from({ length: 50 }, () => states.use(state, caller, call)))
  expect(used.filter(({ ok }) => ok)).toHaveLength(1)
})
