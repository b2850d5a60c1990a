import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { openStateFolder } from '@lockstep/stores/pglite'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { OBLIGED } from './approval-outbox.contract.ts'

const clock = () => 1_800_000_000_000
const use = (id: string) =>
  ({ space: 'txn', id, issuedAt: clock(), expiresAt: clock() + 60_000, standing: [] }) as const
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

const REQUEST = {
  ...{
    issuer: 'https://as.example',
    subject: 'user:alice',
    actor: 'agent',
    id: 'a',
    binding: 'a',
    chain: [],
    tool: 'pay',
  },
  ...{ needed: [{ relation: 'coApproverFor', of: 'dept', count: 1 }], asked: ['dept'], shown: [] },
  ...{ requestedAt: clock(), expiresAt: clock() + 60_000 },
}

/** Makes the tables what they were before notices could be about calls. */
const BEFORE_OBLIGED = `
  drop index approval_notices_obliged;
  alter table approval_notices drop constraint approval_notices_event_check;
  alter table approval_notices drop column obliged;
  alter table approval_notices alter column approval set not null;
  alter table approval_notices add constraint approval_notices_event_check
    check (event in ('requested', 'decided', 'withdrawn', 'expired'));
  update lockstep_format set version = 10`

/** A folder as version 1 wrote it, with one id consumed. */
async function folderOfVersion1(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-format-'))
  folders.push(folder)
  const db = await PGlite.create({ dataDir: join(folder, 'state') })
  await db.exec(`
    create table lockstep_format (version integer not null);
    insert into lockstep_format values (1);
    create table single_use (digest bytea primary key, expires_at bigint not null);
    create index single_use_expiry on single_use (expires_at);
    create table single_use_horizon (forgotten_until bigint not null);
    insert into single_use_horizon values (0)`)
  const consumed = createHash('sha256').update('3:txnconsumed').digest()
  await db.query('insert into single_use values ($1, $2)', [consumed, clock() + 60_000])
  await db.close()
  return folder
}

test(proves('state:folder:migrated'), async () => {
  const folder = await folderOfVersion1()
  for (const time of ['migrated', 'opened again']) {
    const state = await openStateFolder({ folder, clock })
    expect(await state.singleUse.consume(use('consumed')), time).toBe('used')
    expect(await state.singleUse.consume(use(time))).toBe('consumed')
    expect(await state.idempotency.reserve(time, { digest: 'd', call: 'c', expiresAt: clock() + 1 })).toBeUndefined()
    await state.approvals.request(REQUEST, { caller: 9, asked: 9, notify: true })
    await state.close()
  }
  const db = await PGlite.create({ dataDir: join(folder, 'state') })
  const { rows } = await db.query<{ version: number }>('select version from lockstep_format')
  expect(rows).toHaveLength(1)
  expect(rows[0]?.version, 'every step since then').toBeGreaterThan(10)
  for (const row of [
    ['obliged', null, null],
    ['obliged', 'a', '{}'],
    ['decided', null, '{}'],
    ['other', 'a', null],
  ]) {
    const wrong = `insert into approval_notices (id, event, at, due_at, approval, obliged) values ('w', $1, 0, 0, $2, $3)`
    await expect(db.query(wrong, row), JSON.stringify(row)).rejects.toThrow('approval_notices_event_check')
  }
  await db.exec(BEFORE_OBLIGED)
  await db.close()
  const state = await openStateFolder({ folder, clock })
  const { outbox } = state.approvals
  expect(await outbox.put({ ...OBLIGED, id: 'n', at: clock() })).toBe(true)
  expect(await outbox.take('approval', 1)).toMatchObject({ id: 'a.requested', approval: { id: 'a' } })
  expect(await outbox.take('obligation', 1)).toMatchObject({ id: 'n', obliged: { topic: 'security' } })
  await state.approvals.deny('a', { issuer: 'https://as.example', subject: 'user:bob', actor: 'console' }, clock())
  expect(await outbox.take('approval', 1)).toMatchObject({ id: 'a.denied' })
  await state.close()
}, 240_000)

test(proves('state:folder:migrated', 'all or nothing'), async () => {
  const folder = await folderOfVersion1()
  const before = await PGlite.create({ dataDir: join(folder, 'state') })
  await before.exec('create table idempotency (in_the_way integer)')
  await before.close()
  await expect(openStateFolder({ folder, clock })).rejects.toMatchObject({
    code: 'state.format',
    message: expect.stringContaining('version 1 could not be migrated'),
  })
  const after = await PGlite.create({ dataDir: join(folder, 'state') })
  expect((await after.query('select version from lockstep_format')).rows).toEqual([{ version: 1 }])
  expect((await after.query(`select to_regclass('approvals') as made`)).rows).toEqual([{ made: null }])
  await after.exec('drop table idempotency')
  await after.close()
  await (await openStateFolder({ folder, clock })).close()
}, 240_000)
