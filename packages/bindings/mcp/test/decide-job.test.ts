import { createMemoryState } from '@lockstep/stores/memory'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { decideJob } from '../src/jobs/decide-job.ts'

const { caller, tool, arguments: given, argumentsDigest } = authorizedCall('user:alice')
const key = { issuer: caller.subject.issuer, subject: caller.subject.id, actor: caller.actor.id }

test(proves('jobs:run:labels'), async () => {
  let now = 1_000
  const { history } = createMemoryState({ clock: () => now })
  await history.raise(key, ['confidential'], 2_000)
  const told: (readonly string[])[] = []
  const parts = {
    history,
    relationships: { load: async () => ({ entities: [], revision: '' }) },
    isRevoked: async () => false,
    invocation: {
      async authorize(...[, , , { labels }]: [unknown, unknown, unknown, { readonly labels: readonly string[] }]) {
        told.push(labels)
        return { ok: false, denial: { code: 'invocation.denied' } } as const
      },
    },
  }
  const call = { tool, arguments: given, argumentsDigest }
  const granted = { caller, call, standing: [], labels: await history.labels(key) }
  now = 200_000_000
  await history.raise(key, ['another'], now + 1_000)
  await decideJob(parts, granted)
  expect(told, 'a label that ended while the grant waited counts for it').toEqual([['another', 'confidential']])
})

test(proves('jobs:run:reauthorized', 'nothing is read for what was revoked'), async () => {
  const asked: string[] = []
  const parts = {
    history: createMemoryState({ clock: () => 1_000 }).history,
    relationships: {
      load: async () => {
        asked.push('relationships')
        return { entities: [], revision: '' }
      },
    },
    isRevoked: async () => true,
    invocation: {
      async authorize() {
        asked.push('policy')
        return { ok: false, denial: { code: 'invocation.denied' } } as const
      },
    },
  }
  const granted = { caller, call: { tool, arguments: given, argumentsDigest }, standing: [] }
  expect(await decideJob(parts, granted)).toEqual({ ok: false, denial: { code: 'invocation.revoked' } })
  expect(asked).toEqual([])
})
