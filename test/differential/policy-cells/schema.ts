import { defineTables } from '@lockstep/core'

/** Every kind of attribute that a column, a reference or a view of members can hold. */
export const SCHEMA = `entity Shelf;
entity Folder in [Shelf] { name: String };
entity Team;
entity User in [Team] { level: Long, name: String, teams: Set<Team>, rate: decimal, since: datetime, labels: Set<String>, boss?: User };
entity Customer { tier: Long, vip: Bool, region?: String };
entity Order { tenant: String, total: Long, open: Bool, customer: Customer, memo?: String, watchers: Set<User> };
entity Doc in [Folder] {
  title: String, code: String, size: Long, small: Long, open: Bool, owner: User, team: Team, price: decimal, due: datetime,
  labels: Set<String>, nums: Set<Long>, teams: Set<Team>, readers: Set<User>, order: Order, folder: Folder,
  note?: String, cap?: Long, flag?: Bool, fee?: decimal, until?: datetime, editor?: User, tags?: Set<String>, backup?: Order
};
action read appliesTo { principal: [User], resource: [Doc], context: { field: String, form: String, now: datetime, limit: Long } };
`

/** The columns of `docs` in the order of the table. */
export const tables = defineTables({
  'public.docs': {
    entity: 'Doc',
    key: 'id',
    columns: {
      id: { type: 'text' },
      title: { type: 'text', attribute: 'title' },
      code: { type: 'character varying(3)', attribute: 'code' },
      size: { type: 'bigint', attribute: 'size' },
      small: { type: 'smallint', attribute: 'small' },
      open: { type: 'boolean', attribute: 'open' },
      owner: { type: 'text', attribute: 'owner', entity: 'User' },
      team: { type: 'integer', attribute: 'team', entity: 'Team' },
      price: { type: 'numeric(18,4)', attribute: 'price' },
      due: { type: 'timestamp(3) with time zone', attribute: 'due' },
      labels: { type: 'text[]', attribute: 'labels' },
      nums: { type: 'integer[]', attribute: 'nums' },
      teams: { type: 'integer[]', attribute: 'teams', entity: 'Team' },
      order_id: { type: 'bigint', attribute: 'order', entity: 'Order' },
      folder_id: { type: 'text', attribute: 'folder', entity: 'Folder' },
      note: { type: 'text', attribute: 'note' },
      cap: { type: 'integer', attribute: 'cap' },
      flag: { type: 'boolean', attribute: 'flag' },
      fee: { type: 'numeric(10,2)', attribute: 'fee' },
      until: { type: 'timestamp(3) with time zone', attribute: 'until' },
      editor: { type: 'text', attribute: 'editor', entity: 'User' },
      tags: { type: 'text[]', attribute: 'tags' },
      backup_id: { type: 'bigint', attribute: 'backup', entity: 'Order' },
      secret: { type: 'text', class: 'bank', mask: { kind: 'last', keep: 2 } },
    },
    members: {
      readers: { view: 'public.doc_readers', key: 'doc_id', column: 'user_id', type: 'text', entity: 'User' },
    },
    parents: { Folder: { column: 'folder_id' } },
  },
  'public.orders': {
    entity: 'Order',
    key: 'id',
    columns: {
      id: { type: 'bigint' },
      tenant: { type: 'text', attribute: 'tenant' },
      total: { type: 'bigint', attribute: 'total' },
      open: { type: 'boolean', attribute: 'open' },
      customer_id: { type: 'integer', attribute: 'customer', entity: 'Customer' },
      memo: { type: 'text', attribute: 'memo' },
    },
    members: {
      watchers: { view: 'public.watchers', key: 'order_id', column: 'user_id', type: 'text', entity: 'User' },
    },
  },
  'public.customers': {
    entity: 'Customer',
    key: 'id',
    columns: {
      id: { type: 'integer' },
      tier: { type: 'integer', attribute: 'tier' },
      vip: { type: 'boolean', attribute: 'vip' },
      region: { type: 'text', attribute: 'region' },
    },
  },
  'public.folders': {
    entity: 'Folder',
    key: 'id',
    columns: {
      id: { type: 'text' },
      name: { type: 'text', attribute: 'name' },
      shelf_id: { type: 'text' },
    },
    parents: { Shelf: { column: 'shelf_id' } },
  },
})

/** No foreign keys: a reference may lead nowhere, as in a database where they were never declared. */
export const DDL = `
  create table customers (id int primary key, tier int not null, vip boolean not null, region text);
  create table orders (id bigint primary key, tenant text not null, total bigint not null, open boolean not null,
    customer_id int not null, memo text);
  create table order_watchers (order_id bigint, user_id text);
  create view watchers as select order_id, user_id from order_watchers;
  create table folders (id text primary key, name text not null, shelf_id text);
  create table docs (id text primary key, title text not null, code varchar(3) not null, size bigint not null,
    small smallint not null, open boolean not null, owner text not null, team int not null, price numeric(18,4) not null,
    due timestamptz(3) not null, labels text[] not null, nums int[] not null, teams int[] not null, order_id bigint not null,
    folder_id text not null, note text, cap int, flag boolean, fee numeric(10,2), until timestamptz(3), editor text, tags text[],
    backup_id bigint, secret text not null);
  create table readers (doc_id text, user_id text, gone boolean not null default false);
  create view doc_readers as select doc_id, user_id from readers where not gone;
`
