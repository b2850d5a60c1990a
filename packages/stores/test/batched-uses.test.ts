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
/** The statements that used something up. */
let sent: string[] = []
/** Runs once, when such a statement has answered. */
let afterNext: (() => Promise<void>) | undefined

beforeAll(async () => {
  server = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'lockstep-batched-'))
  const pool = server.pool()
  const counting: PoolShape = {
    connect: () => pool.connect(),
    async query(statement) {
      const result = await pool.query(statement)
      if (/insert into \S+\.(proofs|single_use) /.test(statement.text)) {
        sent.push(statement.text)
        const then = afterNext
        afterNext = undefined
        await then?.()
      }
      return result
    },
  }
  state = await postgresState({ pool: counting, auditFolder: 'instance' }).open({ clock: () => NOW, base: folder })
}, 60_000)
afterAll(async () => {
  await state.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
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
  expect(sent.length, 'one that finds them, and one without them').toBe(2)
  const mended = uses.map((one) => ({ ...one, standing: under(CAROL) }))
  sent = []
  expect(await consume(mended), 'nothing of those was used up').toEqual(
    uses.map((_, index) => (index % 2 === 0 ? 'consumed' : 'used')),
  )
  expect(sent.length).toBe(1)
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
  expect(sent.length).toBe(2)
})

test(proves('state:single-use:batched', 'one id, too late and fresh'), async () => {
  for (const [index, lateFirst] of [true, false].entries()) {
    const late = use(`twin ${index}`, under(BOB), { expiresAt: NOW - 1 })
    const fresh = use(`twin ${index}`)
    sent = []
    expect(await consume(lateFirst ? [late, fresh] : [fresh, late])).toEqual(
      lateFirst ? ['used', 'consumed'] : ['consumed', 'used'],
    )
    expect(sent.length).toBe(2)
    const under2 = use(`revoked twin ${index}`, under(ALICE))
    expect(
      await consume(lateFirst ? [under2, { ...fresh, id: under2.id }] : [{ ...fresh, id: under2.id }, under2]),
    ).toEqual(lateFirst ? ['revoked', 'consumed'] : ['consumed', 'revoked'])
  }
})

test(proves('state:single-use:batched', 'more is revoked between its statements'), async () => {
  await state.revocations.revoke(revocableName(ALICE), NOW)
  afterNext = () => state.revocations.revoke(revocableName(CAROL), NOW)
  const uses = [use('of alice', under(ALICE)), use('of bob'), use('of carol', under(CAROL))]
  expect(await consume(uses)).toEqual(['revoked', 'consumed', 'revoked'])
  expect(sent.length).toBe(3)
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
