import type pg from 'pg'
import { SHOP_DATA, SHOP_SECRETS, type ShopWorld } from '../fixtures/shop/shop-data.ts'
import type { TestPostgres } from './postgres.ts'

/** The shop on a live PostgreSQL, in worlds that differ only in what ann may not see. */
export interface Shop {
  /** Connections to a world: as `agent`, the role behind the rewriter, or as `seller`, whom native row-level security restricts. */
  pool(role: 'agent' | 'seller', world: ShopWorld, settings?: Readonly<Record<string, string>>): pg.Pool
}

/** Creates a database for each of these worlds. */
export async function createShop(postgres: TestPostgres, worlds: readonly ShopWorld[]): Promise<Shop> {
  const nameOf = (world: ShopWorld): string => `shop_${world.replace(', ', '_')}`
  const own = postgres.pool()
  await own.query('create role agent login; create role seller login')
  for (const world of worlds) {
    await own.query(`create database ${nameOf(world)}`)
    const inside = postgres.pool('postgres', nameOf(world))
    await inside.query(SHOP_DATA)
    for (const statement of SHOP_SECRETS[world]) await inside.query(statement)
  }
  return { pool: (role, world, settings) => postgres.pool(role, nameOf(world), { jit: 'off', ...settings }) }
}
