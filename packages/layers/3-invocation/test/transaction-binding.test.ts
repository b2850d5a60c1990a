import { digest, type ErrorCode, type JsonObject, type JsonValue } from '@lockstep/core'
import { checkTransaction, type PresentedTransaction } from '@lockstep/invocation'
import { createSigningKey } from '@lockstep/tokens'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runs } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { ARGUMENTS, admit, agentKey, INVOICE, obtain, present } from './transaction-world.ts'

const token = await obtain()
const stranger = await createSigningKey()
const dpop = (thumbprint: string) => ({ kind: 'dpop', thumbprint }) as const

test(proves('invocation:txn-token:bound', 'all as it was'), () => {
  expect(checkTransaction(token, present())).toBeUndefined()
})

const caller = (change: Parameters<typeof admit>[0]) => ({ caller: admit(change) })

test(proves('invocation:txn-token:bound', 'a certificate beside the key'), () => {
  const proof = { ...dpop(agentKey.thumbprint), kind: 'dpop+mtls', certificate: 'sha' } as const
  expect(checkTransaction(token, present(caller({ proof })))).toBeUndefined()
})

const changes: readonly (readonly [string, Partial<PresentedTransaction>, ErrorCode])[] = [
  ['another key', caller({ proof: dpop(stranger.thumbprint) }), 'invocation.txn-caller-mismatch'],
  ['a bearer', caller({ proof: { kind: 'bearer' } }), 'invocation.txn-caller-mismatch'],
  [
    'a certificate of that thumbprint',
    caller({ proof: { kind: 'mtls', thumbprint: agentKey.thumbprint } }),
    'invocation.txn-caller-mismatch',
  ],
  [
    'a certificate',
    caller({ proof: { kind: 'mtls', certificate: agentKey.thumbprint } }),
    'invocation.txn-caller-mismatch',
  ],
  ['a proof without a key', caller({ proof: { kind: 'dpop' } }), 'invocation.txn-caller-mismatch'],
  [
    'another subject',
    caller({ subject: { issuer: 'https://as.example', id: 'user:bob' } }),
    'invocation.txn-caller-mismatch',
  ],
  [
    'the same name at another issuer',
    caller({ subject: { issuer: 'https://other.example', id: 'user:alice' } }),
    'invocation.txn-caller-mismatch',
  ],
  [
    'another actor',
    caller({ actor: { id: 'spiffe://example.org/agents/other', basis: 'proved', chain: [] } }),
    'invocation.txn-caller-mismatch',
  ],
  [
    'a longer chain',
    caller({ actor: { id: 'spiffe://example.org/agents/planner-42', basis: 'proved', chain: ['desk'] } }),
    'invocation.txn-caller-mismatch',
  ],
  ['a narrower access token', caller({ scopes: ['expenses:read'] }), 'invocation.txn-caller-mismatch'],
  ['another tool', { tool: 'getExpense' }, 'invocation.txn-params-mismatch'],
  ['another server', { audience: 'https://other.example/mcp' }, 'invocation.txn-params-mismatch'],
  ['other arguments', { argumentsDigest: digest({ invoiceId: 'INV-9001' }) }, 'invocation.txn-params-mismatch'],
  [
    'a resource that changed',
    { resourceDigest: digest({ ...INVOICE, amount: 480_001 }) },
    'invocation.resource-changed',
  ],
  ['no resource any more', { resourceDigest: undefined }, 'invocation.resource-changed'],
  ['another policy', { policyVersion: 'v2' }, 'invocation.policy-changed'],
]
test.each(changes)(proves('invocation:txn-token:bound', '%s'), (_, change, code) => {
  expect(checkTransaction(token, present(change))).toEqual({ code })
})

test(proves('invocation:txn-token:bound', 'a shorter chain'), async () => {
  const actor = { id: 'spiffe://example.org/agents/planner-42', basis: 'proved', chain: ['desk'] } as const
  const chained = await obtain(ARGUMENTS, admit({ actor }))
  expect(checkTransaction(chained, present({ caller: admit({ actor }) }))).toBeUndefined()
  expect(checkTransaction(chained, present())).toEqual({ code: 'invocation.txn-caller-mismatch' })
})

test(proves('invocation:txn-token:bound', 'a token without a key binds to nobody'), () => {
  const unbound: typeof token = Object.assign({}, token, { thumbprint: undefined })
  expect(checkTransaction(unbound, present(caller({ proof: { kind: 'dpop' } })))).toEqual({
    code: 'invocation.txn-caller-mismatch',
  })
})

const name = fc
  .string({ maxLength: 6 })
  .filter((text) => text.isWellFormed() && !/^(__proto__|constructor|prototype|toJSON)$/.test(text))
const leaf = fc.oneof(
  name,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value
const args = fc.dictionary(name, json, { minKeys: 1, maxKeys: 5, noNullPrototype: true }).filter((value) => {
  try {
    return digest(value) !== ''
  } catch {
    return false
  }
})

/** The same value with the members of every object in the opposite order. */
function turnRound(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(turnRound)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value as JsonObject).reverse()
  return Object.fromEntries(members.map(([key, member]) => [key, turnRound(member)]))
}

test(proves('invocation:txn-token:key-order'), async () => {
  await fc.assert(
    fc.asyncProperty(args, async (given) => {
      const issued = await obtain(given)
      const called: JsonValue = JSON.parse(JSON.stringify(turnRound(given)))
      expect(checkTransaction(issued, present({ argumentsDigest: digest(called) }))).toBeUndefined()
    }),
    { numRuns: runs(60) },
  )
})

test(proves('invocation:txn-token:argument-changed'), async () => {
  await fc.assert(
    fc.asyncProperty(args, args, fc.nat(), async (given, other, at) => {
      const issued = await obtain(given)
      const text = JSON.stringify(given)
      // One byte of the wire's text; where it is still JSON and another value, it must not fit.
      const altered = `${text.slice(0, at % text.length)}7${text.slice((at % text.length) + 1)}`
      for (const called of [other, readJson(altered), { ...given, extra: 1 }, { arguments: given }]) {
        if (called === undefined || digest(called) === digest(given)) continue
        expect(called).not.toEqual(given)
        expect(checkTransaction(issued, present({ argumentsDigest: digest(called) }))).toEqual({
          code: 'invocation.txn-params-mismatch',
        })
      }
    }),
    { numRuns: runs(60) },
  )
})

test(proves('invocation:txn-token:argument-changed', 'any value of the call'), () => {
  const altered: readonly JsonValue[] = [
    { ...ARGUMENTS, invoiceId: 'INV-8832' },
    { ...ARGUMENTS, invoiceId: 'inv-8831' },
    { ...ARGUMENTS, note: { ...ARGUMENTS.note, lines: [2, 1] } },
    { ...ARGUMENTS, note: { ...ARGUMENTS.note, lines: [1, 2, 2] } },
    { ...ARGUMENTS, note: { ...ARGUMENTS.note, lines: ['1', 2] } },
    { ...ARGUMENTS, note: null },
    { invoiceId: 'INV-8831' },
    {},
  ]
  for (const called of altered) {
    expect(checkTransaction(token, present({ argumentsDigest: digest(called) }))).toEqual({
      code: 'invocation.txn-params-mismatch',
    })
  }
})

function readJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return digest(value) === '' ? undefined : value
  } catch {
    return undefined
  }
}
