import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLockstep, type LockstepConfiguration } from '@lockstep/mcp'
import { guardPool } from '@lockstep/pg'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SQL_FIXTURE } from '../attacks/sql-cases.ts'
import { startPostgres, type TestPostgres } from '../differential/postgres.ts'
import { APP, createFloorRoles, planTestFloor, WRITER } from '../fixtures/floor/lay-floor.ts'
import tenants from '../fixtures/tenants/lockstep.config.ts'
import { proves } from '../requirements/index.ts'

const TENANTS = fileURLToPath(new URL('../fixtures/tenants/', import.meta.url))
let postgres: TestPostgres
let writer: pg.Pool
let folder: string

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.pool().query(SQL_FIXTURE)
  await createFloorRoles(postgres)
  writer = postgres.pool(WRITER)
  folder = await mkdtemp(join(tmpdir(), 'lockstep-floor-'))
  await cp(join(TENANTS, 'policies'), join(folder, 'policies'), { recursive: true })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await postgres?.stop()
})

const start = (overrides: Partial<LockstepConfiguration> = {}) =>
  createLockstep({ ...tenants, floor: { writer }, ...overrides }, { folder })

async function lay(): Promise<void> {
  const { sql } = await planTestFloor(tenants, new URL(`file://${folder}/policies/`))
  await postgres.pool().query(sql)
}

/** Changes the policies of the folder. */
async function edit(change: (policies: string) => string): Promise<void> {
  const file = join(folder, 'policies', 'tenants.cedar')
  await writeFile(file, change(await readFile(file, 'utf8')))
}

test(proves('floor:start:version'), async () => {
  await expect(start()).rejects.toMatchObject({ code: 'execution.database-failed' })
  await lay()
  await (await start()).close()
  await edit((policies) => policies.replace('resource.tenant == principal.tenant', 'context.proof == "dpop"'))
  await expect(start()).rejects.toMatchObject({
    code: 'configuration.invalid',
    message: expect.stringContaining('lockstep rls generate'),
  })
  await lay()
  await (await start()).close()
  await cp(join(TENANTS, 'policies'), join(folder, 'policies'), { recursive: true })
  await lay()
})

test(proves('floor:call:unknown', 'trusted work through the application’s own pool sees nothing'), async () => {
  const lockstep = await start()
  try {
    const client = guardPool(lockstep, postgres.pool(APP))
    const rows = await lockstep.asSystem('looking', async () => (await client.query('select id from app.pub')).rows)
    expect(rows).toEqual([])
  } finally {
    await lockstep.close()
  }
})

test(proves('floor:start:version', 'a floor that is half configured is refused'), async () => {
  await expect(start({ floor: {} as never })).rejects.toMatchObject({ code: 'configuration.invalid' })
  await expect(start({ floor: { writer, schema: 'no schema' } })).rejects.toMatchObject({
    code: 'configuration.invalid',
  })
})
