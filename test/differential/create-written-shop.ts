import type pg from 'pg'
import { SHOP_DATA, SHOP_SECRETS, type ShopWorld } from '../fixtures/shop/shop-data.ts'
import { SHOP_WRITES } from '../fixtures/shop/shop-writes.ts'
import type { TestPostgres } from './postgres.ts'

/** A shop of one's own that is written. */
export interface WrittenShop {
  readonly pool: pg.Pool
  /** Everything in it, a row a line. */
  readonly contents: readonly string[]
}

/** Makes shops that hold the same to begin with, each in a database of its own. */
export async function openWrittenShops(
  postgres: TestPostgres,
): Promise<
  (role: 'agent' | 'seller', world: ShopWorld, settings?: Readonly<Record<string, string>>) => Promise<WrittenShop>
> {
  await postgres.pool().query('create role agent login; create role seller login')
  let made = 0
  return async (role, world, settings) => {
    const name = `shop_${made++}`
    await postgres.pool().query(`create database ${name}`)
    const inside = postgres.pool('postgres', name)
    for (const statement of [SHOP_DATA, ...SHOP_SECRETS[world], SHOP_WRITES]) await inside.query(statement)
    const pool = postgres.pool(role, name, { jit: 'off', ...settings })
    const { rows } = await pool.query('select shop.contents()')
    return { pool, contents: rows[0].contents.split('\n') }
  }
}
