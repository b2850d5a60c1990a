import { LockstepError, type Revocable, revocableName } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createRevoke } from '../src/create-revoke.ts'

/** What happened, in order, to an instance whose store of revocations or whose log may be down. */
function instance({ down }: { readonly down?: 'store' | 'log' } = {}) {
  const happened: string[] = []
  const take = (part: 'store' | 'log', what: string) => {
    if (part === down) throw new LockstepError(part === 'store' ? 'state.unavailable' : 'audit.unavailable')
    happened.push(what)
  }
  const revoke = createRevoke({
    revocations: { revoke: async (name) => take('store', name), restore: async () => false },
    audit: { append: async () => take('log', 'recorded') },
    forgetVerified: () => happened.push('forgotten'),
    clock: () => 1_000,
  })
  return { happened, revoke }
}

const EVERYTHING = revocableName('everything')

test(proves('state:revocation:forgets', 'everything, after it is revoked and before it is recorded'), async () => {
  const { happened, revoke } = instance()
  await revoke('everything', 'keys leaked')
  expect(happened).toEqual([EVERYTHING, 'forgotten', 'recorded'])
})

test(proves('state:revocation:forgets', 'a log that is down'), async () => {
  const { happened, revoke } = instance({ down: 'log' })
  await expect(revoke('everything', 'keys leaked')).rejects.toMatchObject({ code: 'audit.unavailable' })
  expect(happened).toEqual([EVERYTHING, 'forgotten'])
})

test(proves('state:revocation:forgets', 'not when nothing was revoked'), async () => {
  const { happened, revoke } = instance({ down: 'store' })
  await expect(revoke('everything', 'keys leaked')).rejects.toMatchObject({ code: 'state.unavailable' })
  await expect(revoke('everything', '')).rejects.toThrow(TypeError)
  expect(happened).toEqual([])
})

const ONE: readonly Revocable[] = [
  { subject: { issuer: 'https://as.test', id: 'alice' } },
  { actor: 'spiffe://test/agent' },
  { client: { issuer: 'https://as.test', id: 'agent' } },
  { token: { issuer: 'https://as.test', id: 'token' } },
]
test.each(ONE)(proves('state:revocation:forgets', 'not for one name: %j'), async (one) => {
  const { happened, revoke } = instance()
  await revoke(one, 'left')
  expect(happened).toEqual([revocableName(one), 'recorded'])
})
