// A wholesale business in the manner of TPC-H: 300,000 lines of 75,000 orders of 10,000 customers, in twenty regions. Customers, orders and
// lines belong to regions; the rest is for everybody. Notes are written, by whoever works for their region.
import { defineTables } from '@lockstep/core'

const REGIONS = 20

/** Who asks: a seller of one region of twenty, who sees 5 % of the rows, and a manager of ten, who sees half of them. */
export const PEOPLE = [
  { share: 5, subject: 'user:seller', role: 'native_5', regions: [0] },
  { share: 50, subject: 'user:manager', role: 'native_50', regions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
]

/** Sees everything: the role of the rewritten statements, and of those with a filter by hand. */
export const READER = 'reader'

const REGIONAL = ['customers', 'orders', 'lines']
const OPEN = ['nations', 'suppliers', 'parts']

/** How many notes there are, all of the first region. */
export const NOTES = 40_000

/** Creates the tables, fills them, and protects them natively for the roles of `PEOPLE`. `lines` is the number of lines. */
export function tradeDatabase(lines) {
  const orders = Math.ceil(lines / 4)
  const customers = Math.ceil(orders / 7.5)
  return `
  create table nations (id int primary key, name text not null);
  create table suppliers (id int primary key, nation_id int not null, name text not null);
  create table parts (id int primary key, name text not null, brand text not null, size int not null);
  create table customers (id int primary key, region_id int not null, nation_id int not null, name text not null,
    segment text not null);
  create table orders (id int primary key, customer_id int not null, region_id int not null, status text not null,
    total numeric not null, ordered_on date not null, clerk text not null);
  create table lines (id int primary key, order_id int not null, part_id int not null, supplier_id int not null,
    region_id int not null, quantity int not null, price numeric not null,
    discount numeric not null, mode text not null, shipped_on date not null);

  create table notes (id int primary key, region_id int not null, body text not null);

  insert into notes select g, 0, 'note ' || g from generate_series(0, ${NOTES - 1}) g;
  insert into nations select g, 'nation ' || g from generate_series(0, 24) g;
  insert into suppliers select g, g % 25, 'supplier ' || g from generate_series(0, 499) g;
  insert into parts select g, (array['steel', 'brass', 'tin', 'nickel'])[g % 4 + 1] || ' part ' || g, 'brand ' || g % 25, g % 50
    from generate_series(0, 4999) g;
  insert into customers select g, g % ${REGIONS}, g / ${REGIONS} % 25, 'customer ' || g,
    (array['retail', 'building', 'machinery', 'household', 'vehicles'])[g / 3 % 5 + 1] from generate_series(0, ${customers - 1}) g;
  insert into orders select g, c.id, c.region_id, (array['open', 'shipped', 'cancelled'])[g % 3 + 1], round(100 + g * 7919 % 90000 / 100.0, 2),
    date '2020-01-01' + g * 31 % 2000, 'clerk ' || g % 97
    from generate_series(0, ${orders - 1}) g join customers c on c.id = g * 7919::bigint % ${customers};
  insert into lines select g, o.id, g * 104729::bigint % 5000, g * 15485863::bigint % 500, o.region_id, g % 50 + 1, round(5 + g * 7907::bigint % 9000 / 10.0, 2),
    round(g % 9 / 100.0, 2), (array['air', 'ship', 'rail', 'truck'])[g % 4 + 1], o.ordered_on + g % 90
    from generate_series(0, ${lines - 1}) g join orders o on o.id = g / 4;

  alter table suppliers add foreign key (nation_id) references nations;
  alter table customers add foreign key (nation_id) references nations;
  alter table orders add foreign key (customer_id) references customers;
  alter table lines add foreign key (order_id) references orders, add foreign key (part_id) references parts,
    add foreign key (supplier_id) references suppliers;
  create index on customers (region_id);
  create index on orders (customer_id);
  create index on orders (ordered_on, id);
  create index on orders (region_id);
  create index on lines (order_id);
  create index on lines (part_id);
  create index on lines (shipped_on);
  create index on lines (region_id);

  create role ${READER} login bypassrls;
  grant select on all tables in schema public to ${READER};
  grant insert, update, delete on notes to ${READER};
  ${REGIONAL.map((table) => `alter table ${table} enable row level security;`).join(' ')}
  ${PEOPLE.map(protectFor).join('\n')}
`
}

/** The best that native row security can do: the condition holds constants, so nothing is read from a setting, and all is estimated. */
function protectFor({ role, regions }) {
  const within = (table) => `${table}.region_id = any ('{${regions}}'::int[])`
  const through = {
    customers: within('customers'),
    orders: `exists (select from customers where customers.id = customer_id and ${within('customers')})`,
    lines: `exists (select from orders where orders.id = order_id and ${within('orders')})`,
  }
  const policy = (name, table, condition) =>
    `create policy ${name} on ${table} for select to ${name} using (${condition});`
  return `create role ${role} login; create role ${role}_key login;
    grant select on all tables in schema public to ${role}, ${role}_key;
    ${REGIONAL.map((table) => policy(role, table, within(table))).join(' ')}
    ${REGIONAL.map((table) => policy(`${role}_key`, table, through[table])).join(' ')}`
}

const region = { type: 'integer', attribute: 'region', entity: 'Region' }
const whole = { type: 'integer' }
const text = { type: 'text' }
const money = { type: 'numeric' }
const date = { type: 'date' }

/** The tables as Lockstep is told of them. */
export const tradeTables = defineTables({
  'public.nations': { entity: 'Nation', key: 'id', columns: { id: whole, name: text } },
  'public.suppliers': { entity: 'Supplier', key: 'id', columns: { id: whole, nation_id: whole, name: text } },
  'public.parts': { entity: 'Part', key: 'id', columns: { id: whole, name: text, brand: text, size: whole } },
  'public.notes': { entity: 'Note', key: 'id', columns: { id: whole, region_id: region, body: text } },
  'public.customers': {
    entity: 'Customer',
    key: 'id',
    columns: { id: whole, region_id: region, nation_id: whole, name: text, segment: text },
  },
  'public.orders': {
    entity: 'Order',
    key: 'id',
    columns: {
      id: whole,
      customer_id: { type: 'integer', attribute: 'customer', entity: 'Customer' },
      region_id: region,
      status: text,
      total: money,
      ordered_on: date,
      clerk: text,
    },
  },
  'public.lines': {
    entity: 'Line',
    key: 'id',
    columns: {
      id: whole,
      order_id: { type: 'integer', attribute: 'order', entity: 'Order' },
      part_id: whole,
      supplier_id: whole,
      region_id: region,
      quantity: whole,
      price: money,
      discount: money,
      mode: text,
      shipped_on: date,
    },
  },
})

const entityOf = (table) => tradeTables[`public.${table}`].entity

/** Where a row's region stands: in the row itself, or where a foreign key of it leads. */
const REGION_OF = {
  row: { customers: 'region', orders: 'region', lines: 'region' },
  key: { customers: 'region', orders: 'customer.region', lines: 'order.region' },
}

/** The same policy in Cedar: who works for a region reads what belongs to it, by `row` or by `key`. */
export const policyFilesOf = (place) => ({
  'schema.cedarschema': `entity Region, Agent, Tool;
entity User { regions: Set<Region> };
entity Customer, Note { region: Region };
entity Order { region: Region, customer: Customer };
entity Line { region: Region, order: Order };
entity ${OPEN.map(entityOf).join(', ')};
type Call = { intent: String, actor: Agent, proof: String, acr: Set<String> };
action "report" appliesTo { principal: [User, Agent], resource: Tool, context: Call };
type Cells = { intent: String, actor: Agent, proof: String, acr: Set<String>, field: String, form: String };
action "read" appliesTo { principal: [User, Agent], resource: [Note, ${[...REGIONAL, ...OPEN].map(entityOf).join(', ')}], context: Cells };
action "create", "update", "delete" appliesTo { principal: [User, Agent], resource: Note, context: Cells };
`,
  'trade.cedar': [
    '@id("reports") permit (principal, action == Action::"report", resource);',
    '@id("agents") permit (principal is Agent, action == Action::"read", resource);',
    '@id("agents-write") permit (principal is Agent, action in [Action::"create", Action::"update", Action::"delete"], resource);',
    `@id("notes") permit (principal is User, action in [Action::"read", Action::"create", Action::"update", Action::"delete"], resource is Note)
when { context.field == "row" && principal.regions.contains(resource.region) };`,
    ...REGIONAL.map(
      (table) => `@id("${table}") permit (principal is User, action == Action::"read", resource is ${entityOf(table)})
when { context.field == "row" && principal.regions.contains(resource.${REGION_OF[place][table]}) };`,
    ),
    ...OPEN.map(
      (table) =>
        `@id("${table}") permit (principal is User, action == Action::"read", resource is ${entityOf(table)});`,
    ),
  ].join('\n'),
})

/** What is known of a caller. */
export function factsOf(subject, actor) {
  const { regions } = PEOPLE.find((person) => person.subject === subject)
  const set = regions.map((id) => ({ entity: { type: 'Region', id: String(id) } }))
  return {
    entities: [
      { type: 'User', id: subject, attributes: { regions: { set } }, parents: [] },
      { type: 'Agent', id: actor, attributes: {}, parents: [] },
    ],
    revision: '1',
  }
}
