import { ZenStackClient } from '@zenstackhq/orm'
import { PolicyPlugin } from '@zenstackhq/plugin-policy'
import { PostgresDialect } from 'kysely'
import { schema } from './schema.mjs'

/** ZenStack's client with its policy plugin over a pool; answers the query builder (Kysely) of one caller. */
export function openZenstack(pool) {
  const client = new ZenStackClient(schema, { dialect: new PostgresDialect({ pool }) }).$use(new PolicyPlugin())
  return ({ subject, regions }) => client.$setAuth({ id: subject, regions }).$qb
}
