import type { Caller } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { type DecideJobParts, decideJob } from '../src/jobs/decide-job.ts'

const caller: Caller = {
  subject: { issuer: 'https://as.example', id: 'user:ann' },
  actor: { id: 'agent', basis: 'asserted', chain: [] },
  proof: { kind: 'bearer' },
  assurance: { satisfied: [] },
  scopes: [],
  token: { id: 'token', issuedAt: 0, expiresAt: 1 },
  trace: '0'.repeat(32),
}

test(proves('jobs:run:reauthorized', 'nobody is asked about what was revoked'), async () => {
  const asked: string[] = []
  const parts: DecideJobParts = {
    isRevoked: async ([one]) => one?.name === 'revoked',
    relationships: {
      load: async () => {
        asked.push('relationships')
        return { entities: [], revision: '1' }
      },
    },
    history: { labels: async () => [], raise: async () => undefined },
    invocation: {
      authorize: async () => {
        asked.push('policy')
        return { ok: false, denial: { code: 'invocation.denied' } }
      },
    },
  }
  const call = { tool: 'greet', arguments: {}, argumentsDigest: '' }
  const decide = (name: string) => decideJob(parts, { caller, call, standing: [{ name, issuedAt: 0 }] })
  expect(await decide('revoked')).toEqual({ ok: false, denial: { code: 'invocation.revoked' } })
  expect(asked).toEqual([])
  expect(await decide('standing')).toEqual({ ok: false, denial: { code: 'invocation.denied' } })
  expect(asked).toEqual(['relationships', 'policy'])
})
