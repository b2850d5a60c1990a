import { LockstepError, type Revocable, revocableName } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { createRestore } from '../src/create-restore.ts'
import { createRevoke } from '../src/create-revoke.ts'

const KINDS: Readonly<Record<string, 'permit' | 'forbid' | 'action'>> = {
  pay: 'permit',
  never: 'forbid',
  buy: 'action',
}

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
    permission: (id) => KINDS[id],
    forgetVerified: () => happened.push('forgotten'),
    policyVersion: () => 'v1',
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
  { capability: 'one' },
  { permission: 'pay' },
  { permission: 'buy' },
  'decisions',
]
test.each(ONE)(proves('state:revocation:forgets', 'not for one name: %j'), async (one) => {
  const { happened, revoke } = instance()
  await revoke(one, 'left')
  expect(happened).toEqual([revocableName(one), 'recorded'])
})

test.each<[string, unknown]>([
  ['a forbid', { permission: 'never' }],
  ['what nothing bears the name of', { permission: 'pai' }],
  ['a permission without a name', { permission: '' }],
  ['two things', { permission: 'pay', actor: 'spiffe://test/agent' }],
  ['another word', 'all'],
  ['nothing', null],
])(proves('state:revocation:refused', '%s'), async (_, what) => {
  const { happened, revoke } = instance()
  await expect(revoke(what as Revocable, 'left')).rejects.toThrow(TypeError)
  expect(happened).toEqual([])
})

test(proves('state:revocation:restored'), async () => {
  const happened: string[] = []
  const restoring = (is: { readonly revoked?: boolean; readonly down?: boolean }) =>
    createRestore({
      revocations: { restore: async () => is.revoked !== false && happened.push('restored') > 0 },
      audit: {
        async append({ detail }) {
          if (is.down) throw new LockstepError('audit.unavailable')
          happened.push(`recorded ${detail?.permission} ${detail?.reason}`)
        },
      },
      policyVersion: () => `v${happened.length}`,
      clock: () => 1_000,
    })
  const evidence = await restoring({})({ permission: 'pay' }, 'mended')
  expect(evidence).toEqual({ at: 1_000, trace: expect.any(String), policyVersion: { before: 'v1', after: 'v2' } })
  expect(happened.splice(0)).toEqual(['recorded pay mended', 'restored'])
  await expect(restoring({ down: true })({ permission: 'pay' }, 'mended')).rejects.toThrow(/audit.unavailable/)
  expect(happened, 'nothing is permitted again without a record').toEqual([])
  await expect(restoring({ revoked: false })({ permission: 'pay' }, 'mended')).rejects.toThrow(/not revoked/)
  const subject: unknown = { subject: { issuer: 'https://as.test', id: 'alice' } }
  await expect(restoring({})(subject as { permission: string }, 'mended')).rejects.toThrow(TypeError)
  await expect(restoring({})({ permission: 'pay' }, '')).rejects.toThrow(TypeError)
})
