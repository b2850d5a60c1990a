import type pg from 'pg'
import { SHOP_DATA, SHOP_SECRETS, type ShopWorld } from '../fixtures/shop/shop-data.ts'
import { SHOP_WRITES } from '../fixtures/shop/shop-writes.ts'
import type { TestPostgres } from './postgres.ts'

/** A shop of one's own that is written. */
export interface WrittenShop {
  readonly pool: pg.Pool
  /** Tells what is in it, a row a line. */
  readonly look: string
  /** What was in it to begin with. */
  readonly contents: readonly string[]
}

const TAMED = [
  "update shop.stock set qty = 2, price = 2.5, note = 'note ' || id, locked = false where tenant_id <> 1",
  'vacuum full shop.stock',
]

/** What differs in the stock of these worlds, which otherwise hides what `SHOP_WRITES` says. */
const STOCK: Readonly<Partial<Record<ShopWorld, readonly string[]>>> = {
  none: ['delete from shop.stock where tenant_id <> 1', 'analyze shop.stock'],
  'traps, tamed': TAMED,
  'many, tamed': TAMED,
}

/**
 * Makes shops that hold the same to begin with, each in a database of its own.
 *
 * @param tenants whose rows are looked at; else everything is
 */
export async function openWrittenShops(
  postgres: TestPostgres,
  tenants?: readonly number[],
): Promise<(role: 'agent' | 'seller', world: ShopWorld) => Promise<WrittenShop>> {
  await postgres.pool().query('create role agent login; create role seller login')
  let made = 0
  return async (role, world) => {
    const name = `shop_${made++}`
    await postgres.pool().query(`create database ${name}`)
    const inside = postgres.pool('postgres', name)
    for (const statement of [SHOP_DATA, ...SHOP_SECRETS[world], SHOP_WRITES, ...(STOCK[world] ?? [])])
      await inside.query(statement)
    const pool = postgres.pool(role, name, { jit: 'off' })
    const look = `select shop.contents(${tenants ? `'{${tenants}}'` : ''})`
    const { rows } = await pool.query(look)
    return { pool, look, contents: rows[0].contents.split('\n') }
  }
}
