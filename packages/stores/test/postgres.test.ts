import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@lockstep/core'
import type { State } from '@lockstep/stores'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { approvalsContract } from './approvals.contract.ts'
import { historyContract } from './history.contract.ts'
import { idempotencyContract } from './idempotency.contract.ts'
import { singleUseContract } from './single-use.contract.ts'

let server: TestPostgres
let folder = ''
let opened = 0
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-state-'))
}, 60_000)
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A state of its own, in a schema of its own. */
function open(clock: Clock, options: Partial<PostgresStateOptions> = {}): Promise<State> {
  opened += 1
  const own = { schema: `State_${opened}`, auditFolder: `instance-${opened}` }
  return postgresState({ pool: server.pool(), ...own, ...options }).open({ clock, base: folder })
}

singleUseContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.singleUse, revocations: state.revocations, close: () => state.close() }
})
historyContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.history, close: () => state.close() }
})
approvalsContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.approvals, close: () => state.close() }
})
idempotencyContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.idempotency, close: () => state.close() }
})
