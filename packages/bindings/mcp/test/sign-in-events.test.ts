import { type Caller, createSeal, type Denial, type Outcome, revocableName } from '@lockstep/core'
import type { Invocation, Permission } from '@lockstep/invocation'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createSignInEvents } from '../src/signing-in/sign-in-events.ts'
import { createSignInRequests } from '../src/signing-in/sign-in-request.ts'
import { withSignIns } from '../src/signing-in/with-sign-ins.ts'

const ISSUER = 'https://issuer.example'
const callers = createSeal<Caller>()
const caller = callers.seal({
  subject: { issuer: ISSUER, id: 'user:alice' },
  actor: { id: 'spiffe://x/agent', basis: 'proved', chain: [] },
  proof: { kind: 'dpop', thumbprint: 'key' },
  assurance: { acr: 'pwd', satisfied: ['pwd'], authenticatedAt: 1_799_990_000 },
  scopes: [],
  token: { id: 'token', issuedAt: 0, expiresAt: 1 },
  trace: '0'.repeat(32),
})
const call = { tool: 'approve', arguments: {}, argumentsDigest: 'digest' }
const DENIED: Denial = { code: 'invocation.denied', unlock: { acr: 'mfa', maxAge: 300 } }

async function open() {
  let now = 1_800_000_000_000
  let version = '1'
  const clock = () => now
  const state = createMemoryState({ clock })
  const policyVersion = () => version
  const grantKey = Buffer.alloc(32, 7).toString('base64url')
  const requests = createSignInRequests({ grantKey, trustDomain: 'x', policyVersion, clock })
  const events = createSignInEvents({ history: state.history, singleUse: state.singleUse, policyVersion })
  const asked: Caller['assurance'][] = []
  const used: string[] = []
  /** A policy that wants a fresh second factor. */
  const policy: Invocation = {
    wouldPermit: async () => false,
    authorize: async ({ assurance }, _facts, authorized) => {
      asked.push(assurance)
      const age = assurance.authenticatedAt === undefined ? 1_000 : now / 1_000 - assurance.authenticatedAt
      if (!assurance.satisfied.includes('mfa') || age > 300) return { ok: false, denial: DENIED }
      const commit: Permission['commit'] = async (consume = []) => {
        for (const use of consume) {
          const denial = await use()
          if (denial) return { ok: false, denial }
        }
        used.push('opened')
        return { ok: true, value: authorized } as Outcome<never>
      }
      return { ok: true, value: { commit } as Permission }
    },
  }
  const { authorize } = withSignIns(policy, { events, acrValues: ['pwd', 'mfa'], seal: callers.seal })
  const wanted = async (who = caller, what = call) =>
    requests.open((await requests.issue(who, what, { acr: 'mfa', maxAge: 300 })).text)
  const record = async (over = {}, who = caller, what = call) => {
    const request = await wanted(who, what)
    if (!request) throw new Error('it opens')
    const { id } = request
    await events.record(request, {
      id,
      acr: 'mfa',
      authenticatedAt: now / 1_000,
      at: now,
      expiresAt: now + 300_000,
      ...over,
    })
  }
  const ask = (who = caller, what = call, given = {}) =>
    authorize(who, { entities: [], revision: '' }, what, { labels: [], ...given })
  return {
    ...{ state, events, record, ask, asked, used, clock },
    pass: (ms: number) => {
      now += ms
    },
    edit: () => {
      version = '2'
    },
  }
}

test(proves('edge:sign-in:bound', 'of whoever it was made for, and nothing else'), async () => {
  const { record, ask, edit } = await open()
  expect(await ask()).toEqual({ ok: false, denial: DENIED })
  await record()
  const as = (over: Partial<Caller>) => callers.seal({ ...caller, ...over })
  const others: readonly [string, Caller, typeof call][] = [
    ['subject', as({ subject: { issuer: ISSUER, id: 'user:bob' } }), call],
    ['issuer', as({ subject: { issuer: 'https://other.example', id: 'user:alice' } }), call],
    ['actor', as({ actor: { id: 'spiffe://x/other', basis: 'proved', chain: [] } }), call],
    ['key', as({ proof: { kind: 'dpop', thumbprint: 'other' } }), call],
    ['tool', caller, { ...call, tool: 'other' }],
    ['arguments', caller, { ...call, argumentsDigest: 'other' }],
  ]
  for (const [name, who, what] of others) expect((await ask(who, what)).ok, name).toBe(false)
  expect((await ask(caller, call, { after: {} })).ok, 'work after a call').toBe(false)
  expect((await ask()).ok).toBe(true)
  edit()
  expect((await ask()).ok, 'another policy').toBe(false)
})

test(proves('edge:sign-in:bound', 'the sign-in of the page alone, its strength with its own age'), async () => {
  const { record, ask, asked } = await open()
  // A weak sign-in of now beside a token that tells of a strong one: neither makes the other stronger or fresher.
  await record({ acr: 'pwd' })
  const strong = callers.seal({
    ...caller,
    assurance: { acr: 'mfa', satisfied: ['pwd', 'mfa'], authenticatedAt: 1_799_990_000 },
  })
  expect((await ask(strong)).ok).toBe(false)
  await record({ id: 'untold', at: 1_800_000_000_001, authenticatedAt: undefined })
  expect((await ask()).ok).toBe(false)
  expect(asked.map(({ satisfied, authenticatedAt, page }) => [satisfied, authenticatedAt, page !== undefined])).toEqual(
    [
      [['pwd', 'mfa'], 1_799_990_000, false],
      [['pwd'], 1_800_000_000, true],
      [['pwd'], 1_799_990_000, false],
      [['pwd', 'mfa'], undefined, true],
    ],
  )
})

test(proves('edge:sign-in:bound', 'once, of any number of racers, and for its time'), async () => {
  const { record, ask, used, pass } = await open()
  await record()
  const permitted = await Promise.all(Array.from({ length: 50 }, () => ask()))
  expect(
    permitted.every(({ ok }) => ok),
    'deciding uses nothing up',
  ).toBe(true)
  const opened = await Promise.all(permitted.map((one) => (one.ok ? one.value.commit() : one)))
  expect(opened.filter(({ ok }) => ok)).toHaveLength(1)
  expect(used).toEqual(['opened'])
  expect((await ask()).ok, 'it is gone').toBe(false)

  await record()
  pass(299_999)
  expect((await ask()).ok).toBe(true)
  const late = await ask()
  pass(1)
  expect((await ask()).ok, 'its time is over').toBe(false)
  expect(late.ok && (await late.value.commit()).ok, 'also between deciding and using').toBe(false)
})

test(proves('edge:sign-in:revoked', 'between deciding and using, too'), async () => {
  const { record, ask, state, clock, used } = await open()
  await record()
  const decided = await ask()
  await state.revocations.revoke(revocableName({ subject: caller.subject }), clock())
  expect(decided.ok && (await decided.value.commit()).ok).toBe(false)
  expect((await ask()).ok).toBe(false)
  expect(used).toEqual([])
})
