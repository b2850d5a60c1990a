import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@lockstep/core'
import type { State } from '@lockstep/stores'
import { type PostgresStateOptions, postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { proves } from '../../../test/requirements/index.ts'
import { approvalOutboxContract } from './approval-outbox.contract.ts'
import { approvalsContract } from './approvals.contract.ts'
import { historyContract } from './history.contract.ts'
import { idempotencyContract } from './idempotency.contract.ts'
import { jobsContract } from './jobs.contract.ts'
import { createFollower, relationsContract } from './relations.contract.ts'
import { singleUseContract } from './single-use.contract.ts'

let server: TestPostgres
let folder = ''
let opened = 0
beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-state-'))
}, 240_000)
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

approvalOutboxContract('postgres', async (clock) => {
  const state = await open(clock, { schema: 'outbox' })
  const fill = async (count: number) => {
    const many = `insert into outbox.approval_notices (id, event, at, due_at, obliged)
      select 'many ' || n, 'obliged', $1, $1, '{}' from generate_series(0, $2::integer - 1) n`
    await server.pool().query(many, [clock(), count])
  }
  return { store: state.approvals, fill, close: () => state.close() }
})
idempotencyContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.idempotency, close: () => state.close() }
})
jobsContract('postgres', async (clock) => {
  const state = await open(clock)
  return { store: state.jobs, revocations: state.revocations, close: () => state.close() }
})
relationsContract('postgres', async () => {
  const state = await open(() => 0)
  return { store: state.relations, close: () => state.close() }
})

test(proves('state:relations:racers', 'two instances over one database'), async () => {
  const schema = 'shared_relations'
  const states = await Promise.all([open(() => 0, { schema }), open(() => 0, { schema })])
  const [one, other] = states.map(({ relations }) => relations)
  if (!one || !other) throw new Error('two were opened')
  const tuple = (id: string) => ({ user: 'user:anne', relation: 'viewer', object: `doc:${id}` })
  const wins = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? one : other).change({ writes: [tuple(`race-${index >> 1}`), tuple(`by-${index}`)] }),
    ),
  )
  expect(wins.filter(({ ok }) => ok)).toHaveLength(10)
  const revisions = wins.flatMap((outcome) => (outcome.ok ? [outcome.revision] : [])).sort((a, b) => a - b)
  expect(revisions).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
  expect(await createFollower(one)()).toEqual(await createFollower(other)())
  expect((await createFollower(one)()).tuples, 'no half of a refused change').toHaveLength(20)
  await Promise.all(states.map((state) => state.close()))
})
