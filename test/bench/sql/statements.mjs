// What is asked of the business: six statements, each also with one condition that PostgreSQL does not know to be leakproof. `by` says where a
// filter by hand goes, and `build` writes the same with Kysely.

const SHIPPED = ['2022-01-01', '2022-07-01']

/** The aliases of the regional tables in a statement; a filter by hand names each. */
const filtered = (aliases, parameter) =>
  aliases.map((alias) => `${alias}.region_id = any ($${parameter}::int[])`).join(' and ')

function statement({ says, text, leaky, parameters, regional, build, tail }) {
  const where = (conditions) => (conditions.length > 0 ? ` where ${conditions.join(' and ')}` : '')
  const written = (...more) => `${text.from}${where([...text.where, ...more])}${tail}`
  return {
    says,
    parameters,
    plain: written(),
    leaky: written(leaky),
    byHand: written(filtered(regional, parameters.length + 1)),
    build,
  }
}

/** The measured statements, by name. */
export const STATEMENTS = {
  point: statement({
    says: 'point lookup',
    text: { from: 'select o.id, o.status, o.total, o.ordered_on from orders o', where: ['o.id = $1'] },
    leaky: 'o.total > 1',
    tail: '',
    parameters: [400],
    regional: ['o'],
    build: (db, [id]) =>
      db.selectFrom('orders as o').select(['o.id', 'o.status', 'o.total', 'o.ordered_on']).where('o.id', '=', id),
  }),
  'top-20': statement({
    says: 'top 20 by date',
    text: { from: 'select o.id, o.ordered_on, o.total, o.clerk from orders o', where: [] },
    leaky: "o.clerk like '%1'",
    tail: ' order by o.ordered_on desc, o.id desc limit 20',
    parameters: [],
    regional: ['o'],
    build: (db) =>
      db
        .selectFrom('orders as o')
        .select(['o.id', 'o.ordered_on', 'o.total', 'o.clerk'])
        .orderBy('o.ordered_on', 'desc')
        .orderBy('o.id', 'desc')
        .limit(20),
  }),
  'nested-loop': statement({
    says: 'nested loop',
    text: {
      from: 'select o.id, l.part_id, l.quantity, l.price from orders o join lines l on l.order_id = o.id',
      where: ['o.customer_id = $1'],
    },
    leaky: 'l.price > 10',
    tail: '',
    parameters: [40],
    regional: ['o', 'l'],
    build: (db, [customer]) =>
      db
        .selectFrom('orders as o')
        .innerJoin('lines as l', 'l.order_id', 'o.id')
        .select(['o.id', 'l.part_id', 'l.quantity', 'l.price'])
        .where('o.customer_id', '=', customer),
  }),
  range: statement({
    says: 'range aggregate',
    text: {
      from: 'select l.mode, count(*) as n, sum(l.price) as price from lines l',
      where: ['l.shipped_on >= $1', 'l.shipped_on < $2'],
    },
    leaky: 'l.discount < 0.05',
    tail: ' group by l.mode order by l.mode',
    parameters: SHIPPED,
    regional: ['l'],
    build: (db, [from, until]) =>
      db
        .selectFrom('lines as l')
        .select((eb) => ['l.mode', eb.fn.countAll().as('n'), eb.fn.sum('l.price').as('price')])
        .where('l.shipped_on', '>=', from)
        .where('l.shipped_on', '<', until)
        .groupBy('l.mode')
        .orderBy('l.mode'),
  }),
  'three-way': statement({
    says: '3-way join',
    text: {
      from: `select o.id, o.ordered_on, sum(l.price) as price from customers c join orders o on o.customer_id = c.id
join lines l on l.order_id = o.id`,
      where: ['c.segment = $1', 'o.ordered_on < $2', 'l.shipped_on > $2'],
    },
    leaky: "o.clerk like 'clerk%'",
    tail: ' group by o.id, o.ordered_on order by price desc, o.id limit 10',
    parameters: ['building', '2022-06-01'],
    regional: ['c', 'o', 'l'],
    build: (db, [segment, day]) =>
      db
        .selectFrom('customers as c')
        .innerJoin('orders as o', 'o.customer_id', 'c.id')
        .innerJoin('lines as l', 'l.order_id', 'o.id')
        .select((eb) => ['o.id', 'o.ordered_on', eb.fn.sum('l.price').as('price')])
        .where('c.segment', '=', segment)
        .where('o.ordered_on', '<', day)
        .where('l.shipped_on', '>', day)
        .groupBy(['o.id', 'o.ordered_on'])
        .orderBy('price', 'desc')
        .orderBy('o.id')
        .limit(10),
  }),
  'six-way': statement({
    says: '6-way join',
    text: {
      from: `select n.name as nation, p.brand, sum(l.price) as price, count(*) as n from customers c
join orders o on o.customer_id = c.id join lines l on l.order_id = o.id join parts p on p.id = l.part_id
join suppliers s on s.id = l.supplier_id join nations n on n.id = s.nation_id`,
      where: ['c.segment = $1', 'o.ordered_on >= $2', 'o.ordered_on < $3', 'p.size < 10'],
    },
    leaky: 'l.discount between 0.02 and 0.06',
    tail: ' group by n.name, p.brand order by price desc, nation, p.brand limit 10',
    parameters: ['retail', '2021-01-01', '2022-01-01'],
    regional: ['c', 'o', 'l'],
    build: (db, [segment, from, until]) =>
      db
        .selectFrom('customers as c')
        .innerJoin('orders as o', 'o.customer_id', 'c.id')
        .innerJoin('lines as l', 'l.order_id', 'o.id')
        .innerJoin('parts as p', 'p.id', 'l.part_id')
        .innerJoin('suppliers as s', 's.id', 'l.supplier_id')
        .innerJoin('nations as n', 'n.id', 's.nation_id')
        .select((eb) => ['n.name as nation', 'p.brand', eb.fn.sum('l.price').as('price'), eb.fn.countAll().as('n')])
        .where('c.segment', '=', segment)
        .where('o.ordered_on', '>=', from)
        .where('o.ordered_on', '<', until)
        .where('p.size', '<', 10)
        .groupBy(['n.name', 'p.brand'])
        .orderBy('price', 'desc')
        .orderBy('nation')
        .orderBy('p.brand')
        .limit(10),
  }),
}

/** 600 characters of the kind that a language model writes. `{}` is where a text that was never seen before differs from the others. */
const LONG = `SELECT c.segment, date_trunc('quarter', o.ordered_on) AS quarter, count(DISTINCT o.id) AS orders, sum(l.quantity) AS pieces,
  sum(l.price * (1 - l.discount)) AS revenue, max(l.shipped_on - o.ordered_on) AS days
FROM customers c
JOIN orders o ON o.customer_id = c.id
JOIN lines l ON l.order_id = o.id
LEFT JOIN suppliers s ON s.id = l.supplier_id AND s.nation_id <> {}
WHERE o.ordered_on >= $1 AND o.ordered_on < $2 AND o.status <> 'cancelled' AND l.mode IN ('air', 'rail')
GROUP BY c.segment, quarter HAVING sum(l.quantity) > 10
ORDER BY revenue DESC NULLS LAST, c.segment, quarter LIMIT 50`

/** Its parameters. */
export const LONG_PARAMETERS = ['2021-01-01', '2022-01-01']

/** The long statement of exactly 600 characters, the `number`th of its kind. */
export function longStatement(number = 0) {
  return LONG.replace('{}', String(number).padStart(7, '1')).padEnd(600, ' ')
}

/** The same with the filter written by hand. */
export function longByHand() {
  return longStatement().replace('WHERE ', `WHERE ${filtered(['c', 'o', 'l'], LONG_PARAMETERS.length + 1)} AND `)
}
