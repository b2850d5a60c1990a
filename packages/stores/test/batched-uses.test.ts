import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Revocable, revocableName, type SingleUse, type Standing, standingUnder } from '@lockstep/core'
import type { State } from '@lockstep/stores'
import { type PoolShape, postgresState } from '@lockstep/stores/postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../../../test/differential/postgres.ts'
import { proves } from '../../../test/requirements/index.ts'

const NOW = 1_800_000_000_000
const ALICE: Revocable = { subject: { issuer: 'https://as.example', id: 'user:alice' } }
const BOB: Revocable = { subject: { issuer: 'https://as.example', id: 'user:bob' } }
const CAROL: Revocable = { subject: { issuer: 'https://as.example', id: 'user:carol' } }

let server: TestPostgres
let folder = ''
let state: State
/** The statements that used something up, and those that asked why not. */
let sent: ('insert' | 'explain')[] = []
/** Runs once, when such a statement has answered. */
let afterNext: { readonly kind: 'insert' | 'explain'; readonly run: () => Promise<unknown> } | undefined

beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-batched-'))
  const pool = server.pool()
  const counting: PoolShape = {
    connect: () => pool.connect(),
    async query(statement) {
      const result = await pool.query(statement)
      const kind = kindOf(statement.text)
      if (kind) sent.push(kind)
      if (kind && kind === afterNext?.kind) {
        const { run } = afterNext
        afterNext = undefined
        await run()
      }
      return result
    },
  }
  state = await postgresState({ pool: counting, auditFolder: 'instance' }).open({ clock: () => NOW, base: folder })
}, 240_000)
afterAll(async () => {
  await state.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
function kindOf(text: string) {
  if (/insert into \S+\.(proofs|single_use) /.test(text)) return 'insert'
  return /string_agg\(digest/.test(text) ? 'explain' : undefined
}

beforeEach(() => {
  sent = []
})

const under = (...revocables: Revocable[]) => standingUnder(NOW / 1000, revocables)
const use = (id: string, standing: readonly Standing[] = under(BOB), change: Partial<SingleUse> = {}): SingleUse => ({
  space: 'dpop',
  id,
  issuedAt: NOW,
  expiresAt: NOW + 60_000,
  standing,
  ...change,
})
const consume = (uses: readonly SingleUse[]) => Promise.all(uses.map((one) => state.singleUse.consume(one)))

test.each(['dpop', 'txn'] as const)(proves('state:single-use:batched', 'half of it revoked, %s'), async (space) => {
  await state.revocations.revoke(revocableName(ALICE), NOW)
  const standings = [under(ALICE), under(BOB)]
  const uses = Array.from({ length: 128 }, (_, index) => use(`half ${index}`, standings[index % 2], { space }))
  expect(await consume(uses)).toEqual(uses.map((_, index) => (index % 2 === 0 ? 'revoked' : 'consumed')))
  // Proofs go in two halves.
  const batches = space === 'dpop' ? 2 : 1
  const took = { insert: 0, explain: 0 }
  for (const one of sent) took[one] += 1
  expect(took, 'one that finds them, one that tells them, and one without them').toEqual({
    insert: 2 * batches,
    explain: batches,
  })
  const mended = uses.map((one) => ({ ...one, standing: under(CAROL) }))
  sent = []
  expect(await consume(mended), 'nothing of those was used up').toEqual(
    uses.map((_, index) => (index % 2 === 0 ? 'consumed' : 'used')),
  )
  expect(sent.toSorted(), 'one, and one that tells').toEqual([
    ...Array(batches).fill('explain'),
    ...Array(batches).fill('insert'),
  ])
})

test(proves('state:single-use:batched', 'every reason at once'), async () => {
  await state.revocations.revoke(revocableName(ALICE), NOW)
  const uses = [
    use('first'),
    use('late', under(BOB), { expiresAt: NOW }),
    use('old', under(BOB), { issuedAt: NOW - 60_000 }),
    use('first'),
    use('hers', under(BOB, ALICE)),
    use('late and hers', under(ALICE), { expiresAt: NOW }),
    use('issued again', standingUnder(NOW / 1000 + 1, [ALICE])),
  ]
  const answers = ['consumed', 'used', 'used', 'used', 'revoked', 'revoked', 'consumed']
  expect(await consume(uses)).toEqual(answers)
  // What is left holds one id twice, so one of the two is told.
  expect(sent).toEqual(['insert', 'explain', 'insert', 'explain'])
})

test(proves('state:single-use:batched', 'one id, too late and fresh'), async () => {
  for (const [index, lateFirst] of [true, false].entries()) {
    const late = use(`twin ${index}`, under(BOB), { expiresAt: NOW - 1 })
    const fresh = use(`twin ${index}`)
    sent = []
    expect(await consume(lateFirst ? [late, fresh] : [fresh, late])).toEqual(
      lateFirst ? ['used', 'consumed'] : ['consumed', 'used'],
    )
    expect(sent).toEqual(['insert', 'explain', 'insert'])
    const under2 = use(`revoked twin ${index}`, under(ALICE))
    expect(
      await consume(lateFirst ? [under2, { ...fresh, id: under2.id }] : [{ ...fresh, id: under2.id }, under2]),
    ).toEqual(lateFirst ? ['revoked', 'consumed'] : ['consumed', 'revoked'])
  }
})

test(proves('state:single-use:batched', 'more is revoked between its statements'), async () => {
  await state.revocations.revoke(revocableName(ALICE), NOW)
  afterNext = { kind: 'explain', run: () => state.revocations.revoke(revocableName(CAROL), NOW) }
  const uses = [use('of alice', under(ALICE)), use('of bob'), use('of carol', under(CAROL))]
  expect(await consume(uses)).toEqual(['revoked', 'consumed', 'revoked'])
  expect(sent).toEqual(['insert', 'explain', 'insert', 'explain', 'insert'])
})

test(proves('state:single-use:batched', 'one of it was used'), async () => {
  expect(await consume([use('used 2')])).toEqual(['consumed'])
  expect(await consume([use('used 1'), use('used 2'), use('used 3')])).toEqual(['consumed', 'used', 'consumed'])
  expect(await consume(['used 1', 'used 2', 'used 3'].map((id) => use(id)))).toEqual(['used', 'used', 'used'])
  expect(sent).toEqual(['insert', 'insert', 'explain', 'insert', 'explain'])
})

test(proves('state:single-use:batched', 'what it inserted is lost before it is told'), async () => {
  expect(await consume([use('lost 1')])).toEqual(['consumed'])
  afterNext = { kind: 'insert', run: () => server.pool().query('truncate lockstep.proofs') }
  const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'state.unavailable' }) }
  expect(await Promise.allSettled([use('lost 1'), use('lost 2')].map((one) => state.singleUse.consume(one)))).toEqual([
    expect.objectContaining(refused),
    expect.objectContaining(refused),
  ])
})

test(proves('state:single-use:batched', 'some of what it inserted is lost before it is told'), async () => {
  expect(await consume([use('partly 1')])).toEqual(['consumed'])
  const loseOne = 'delete from lockstep.proofs where ctid = (select max(ctid) from lockstep.proofs)'
  afterNext = { kind: 'insert', run: () => server.pool().query(loseOne) }
  const uses = ['partly 1', 'partly 2', 'partly 3'].map((id) => use(id))
  const answers = await Promise.allSettled(uses.map((one) => state.singleUse.consume(one)))
  const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'state.unavailable' }) }
  expect(answers).toEqual(uses.map(() => expect.objectContaining(refused)))
})

test(proves('state:single-use:batched', 'all of it is kept as long as the last'), async () => {
  const last = NOW + 123_456
  expect(await consume([use('kept 1'), use('kept 2', under(BOB), { expiresAt: last })])).toEqual([
    'consumed',
    'consumed',
  ])
  const kept = await server.pool().query('select from lockstep.proofs where expires_at = $1', [last])
  expect(kept.rowCount).toBe(2)
})

test(proves('state:single-use:batched', 'a shared list is checked, also when it changes'), async () => {
  const list = [...under(BOB)]
  expect(await consume([use('list 1', list)])).toEqual(['consumed'])
  list.push({ name: 'user:bob', issuedAt: NOW })
  await expect(consume([use('list 2', list)])).rejects.toThrow(TypeError)
  const shallow = Object.freeze([{ ...under(BOB)[0], name: revocableName(BOB), issuedAt: NOW }])
  expect(await consume([use('list 3', shallow)])).toEqual(['consumed'])
  Object.assign(shallow[0] ?? {}, { name: 'user:bob' })
  await expect(consume([use('list 4', shallow)])).rejects.toThrow(TypeError)
})
