import { PGlite } from '@electric-sql/pglite'
import { defineTables } from '@lockstep/core'

/** The team's own database. The queue lives in it too, in a schema of its own; a server would have a PostgreSQL. */
export const pglite = await PGlite.create()
await pglite.exec(`
  create table orders (id integer primary key, tenant text not null, total integer not null);
  insert into orders values (1, 'north', 120), (2, 'south', 80), (3, 'north', 40);
`)

/** Which table is which entity. */
export const tables = defineTables({
  'public.orders': {
    entity: 'Order',
    key: 'id',
    columns: {
      id: { type: 'integer' },
      tenant: { type: 'text', attribute: 'tenant', entity: 'Tenant' },
      total: { type: 'integer' },
    },
  },
})

/** Who may export now: a relation that somebody takes away while jobs wait. */
export const exporters = new Set(['user:ann'])

/** The same as a source of relationships. */
export const relationships = {
  load: async ({ subject, actor }) => ({
    entities: [
      { type: 'User', id: subject.id, attributes: { exports: exporters.has(subject.id) }, parents: [] },
      ...(actor ? [{ type: 'Agent', id: actor.id, attributes: {}, parents: [] }] : []),
    ],
    revision: `exporters: ${[...exporters]}`,
  }),
}
