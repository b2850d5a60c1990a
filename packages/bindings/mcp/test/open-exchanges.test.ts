import { type RevocationListener, revocableName, UNTIL_RESTORED } from '@lockstep/core'
import { afterEach, expect, test, vi } from 'vitest'
import { PATIENT } from '../../../../test/patient.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createOpenExchanges } from '../src/revocation/open-exchanges.ts'
import type { RestsOn } from '../src/revocation/rests-on.ts'

const alice = revocableName({ actor: 'alice' })
const epoch = revocableName('decisions')
const pay = revocableName({ permission: 'pay' })
const capability = { name: revocableName({ capability: 'one' }), issuedAt: 100 }
const call: RestsOn = { standing: [{ name: alice, issuedAt: 100 }], permissions: [pay], capability, decided: true }

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

/** A register over a feed that the test tells. */
function register(store: { revoked?: boolean; down?: boolean } = {}) {
  let listener: RevocationListener | undefined
  let silence = 0
  const exchanges = createOpenExchanges({
    feed: {
      silence: () => silence,
      subscribe(given) {
        listener = given
        return () => {
          listener = undefined
        }
      },
    },
    bound: 1_000,
    async isRevoked() {
      if (store.down) throw new Error('down')
      return store.revoked ?? false
    },
  })
  open.push(exchanges)
  const hear = (name: string, until: number) => listener?.heard({ name, until, revision: 1 })
  const missed = () => listener?.missed()
  /** What an exchange was ended with, if that happened while it was on its way. */
  const onTheWay = (happens: () => void, restsOn = call) => {
    const passage = exchanges.enter()
    happens()
    const end = vi.fn()
    const leave = passage.open(restsOn, end)
    expect(leave === undefined).toBe(end.mock.calls.length > 0)
    return { end, leave, code: end.mock.calls[0]?.[0] as string | undefined }
  }
  const fallSilent = () => {
    silence = 1_001
  }
  return { exchanges, hear, missed, onTheWay, fallSilent, isListening: () => listener !== undefined }
}

type Register = ReturnType<typeof register>
const onTheWay: [string, (register: Register) => void, string | undefined, RestsOn?][] = [
  ['nothing', () => undefined, undefined],
  ['the caller', ({ hear }) => hear(alice, 100), 'gateway.token-revoked'],
  ['the caller, before this sign-in', ({ hear }) => hear(alice, 99), undefined],
  ['a new epoch', ({ hear }) => hear(epoch, 1), 'invocation.revoked'],
  ['a new epoch, where it is observed', ({ hear }) => hear(epoch, 1), undefined, { ...call, decided: false }],
  ['the permission', ({ hear }) => hear(pay, UNTIL_RESTORED), 'invocation.revoked'],
  ['the capability', ({ hear }) => hear(capability.name, 100), 'invocation.revoked'],
  [
    'a silence',
    ({ fallSilent }) => fallSilent(),
    'state.feed-silent',
    { standing: [], permissions: [], decided: false },
  ],
]
test.each(onTheWay)(proves('revocation:exchanges:on-the-way', '%s'), (_, happens, code, restsOn) => {
  const one = register()
  expect(one.onTheWay(() => happens(one), restsOn).code).toBe(code)
})

test(proves('revocation:exchanges:on-the-way', 'a permission that is restored'), () => {
  const { hear, onTheWay } = register()
  hear(pay, UNTIL_RESTORED)
  expect(onTheWay(() => undefined).code).toBe('invocation.revoked')
  expect(onTheWay(() => hear(pay, 0)).code).toBeUndefined()
})

test(proves('revocation:exchanges:open'), () => {
  const { exchanges, hear, onTheWay, isListening } = register()
  const opened = [
    onTheWay(() => undefined),
    onTheWay(() => undefined, { ...call, permissions: [], capability: undefined }),
  ]
  const [first, second] = opened
  hear(capability.name, 99)
  hear(capability.name, 100)
  hear(pay, UNTIL_RESTORED)
  expect(first?.end.mock.calls).toEqual([['invocation.revoked']])
  expect(second?.end).not.toHaveBeenCalled()
  second?.leave?.()
  hear(alice, 100)
  hear(epoch, 1)
  expect(second?.end, 'it is over').not.toHaveBeenCalled()
  expect(first?.end).toHaveBeenCalledOnce()
  exchanges.close()
  expect(isListening()).toBe(false)
})

test.each([
  ['revoked', { revoked: true }, 'gateway.token-revoked'],
  ['cannot be known', { down: true }, 'state.unavailable'],
  ['neither', {}, undefined],
])(proves('revocation:exchanges:missed', '%s'), async (_, store, code) => {
  const { missed, onTheWay } = register(store)
  const many = Array.from({ length: 40 }, () => onTheWay(() => undefined))
  missed()
  const late = onTheWay(missed)
  for (const { end } of [...many, late]) {
    if (code) await vi.waitFor(() => expect(end.mock.calls).toEqual([[code]]), PATIENT)
    else expect(end).not.toHaveBeenCalled()
  }
})
