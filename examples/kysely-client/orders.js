import { PGlite } from '@electric-sql/pglite'
import { defineTables } from '@lockstep/core'

/** The team's own database. */
export const pglite = await PGlite.create()
await pglite.exec(`
  create table orders (id integer primary key, tenant text not null, total integer not null, card text not null);
  insert into orders values (1, 'north', 120, '4000123412341234'), (2, 'south', 80, '4000567856785678');
`)

/** Which table is which entity, and which column which field class. */
export const tables = defineTables({
  'public.orders': {
    entity: 'Order',
    key: 'id',
    columns: {
      id: { type: 'integer' },
      tenant: { type: 'text', attribute: 'tenant', entity: 'Tenant' },
      total: { type: 'integer' },
      card: { type: 'text', class: 'card', mask: { kind: 'last', keep: 4 } },
    },
  },
})
