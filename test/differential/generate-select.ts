import fc from 'fast-check'

/** A generated statement: as a caller would send it, and as the oracle must be asked (stars expanded to visible columns). */
export interface GeneratedSelect {
  readonly sent: string
  readonly expanded: string
  /** The grammar features in it, for telling acceptance apart. */
  readonly features: ReadonlySet<string>
}

type Type = 'int' | 'number' | 'text'
type Columns = Readonly<Record<string, Type>>

const TABLES: Readonly<Record<string, Columns>> = {
  orders: { id: 'int', tenant_id: 'int', customer_id: 'int', amount: 'number', note: 'text', qty: 'int' },
  customers: { id: 'int', tenant_id: 'int', name: 'text', email: 'text' },
  pub: { id: 'int', label: 'text' },
  ev: { id: 'int', tenant_id: 'int', note: 'text' },
}

interface Relation {
  readonly alias: string
  /** At most about so many rows, so that no product of relations grows out of hand. */
  readonly size: number
  readonly columns: Columns
}

type Scope = readonly Relation[]

/** Draws statements that raise no error on any data, so that every difference between two databases is one of rows. */
export function generateSelect(g: fc.GeneratorValue): GeneratedSelect {
  const features = new Set<string>()
  let aliases = 0
  const pick = <T>(...items: T[]): T => g(fc.constantFrom<T[]>, ...items)
  const chance = (percent: number): boolean => g(fc.nat, { max: 99 }) < percent
  const feature = (name: string): void => void features.add(name)
  const fresh = (): string => `t${aliases++}`

  const columnsOf = (scope: Scope, type: Type): string[] =>
    scope.flatMap(({ alias, columns }) =>
      Object.entries(columns).flatMap(([name, actual]) => (actual === type ? [`${alias}.${name}`] : [])),
    )

  const expression = (scope: Scope, type: Type, depth: number): string => {
    const columns = columnsOf(scope, type)
    if (depth > 0 && chance(35)) {
      const [a, b] = [expression(scope, type, depth - 1), expression(scope, type, depth - 1)]
      const kind = pick('coalesce', 'case', 'operator', 'scalar')
      feature(kind)
      if (kind === 'coalesce') return `coalesce(${a}, ${b})`
      if (kind === 'case') return `case when ${predicate(scope, depth - 1)} then ${a} else ${b} end`
      if (kind === 'scalar')
        return `(select ${type === 'text' ? 'min' : 'max'}(x) from (${single(scope, type, depth - 1)}) q(x))`
      return type === 'text' ? `(${a} || ${b})` : `(${a} ${pick('+', '-', '*')} ${b})`
    }
    const literal = type === 'text' ? pick("'mine'", "'it''s'", "'x'") : pick('1', '2', '777', '0')
    return columns.length > 0 && chance(85) ? pick(...columns) : type === 'text' ? `${literal}::text` : literal
  }

  const predicate = (scope: Scope, depth: number): string => {
    const type = pick<Type>('int', 'number', 'text')
    const left = expression(scope, type, depth)
    const kind = pick(
      'compare',
      'null',
      'between',
      'in list',
      'in query',
      'exists',
      'any',
      'boolean',
      'like',
      'distinct',
    )
    feature(kind)
    if (depth > 0 && kind === 'boolean') {
      const [a, b] = [predicate(scope, depth - 1), predicate(scope, depth - 1)]
      return pick(`(${a} and ${b})`, `(${a} or ${b})`, `not (${a})`)
    }
    if (depth > 0 && kind === 'in query') return `${left} ${pick('in', 'not in')} (${single(scope, type, depth - 1)})`
    if (depth > 0 && kind === 'any')
      return `${left} ${pick('= any', '<> all', '> any')} (${single(scope, type, depth - 1)})`
    if (depth > 0 && kind === 'exists') return `${pick('', 'not ')}exists (${single(scope, 'int', depth - 1)})`
    if (kind === 'null') return `${left} is ${pick('', 'not ')}null`
    if (kind === 'between') return `${left} between ${expression(scope, type, 0)} and ${expression(scope, type, 0)}`
    if (kind === 'in list') return `${left} in (${expression(scope, type, 0)}, ${expression(scope, type, 0)})`
    if (kind === 'like')
      return `${expression(scope, 'text', depth)} ${pick('like', 'ilike', 'not like')} ${pick("'%m%'", "'_i%'")}`
    if (kind === 'distinct') return `${left} is ${pick('', 'not ')}distinct from ${expression(scope, type, 0)}`
    return `${left} ${pick('=', '<>', '<', '<=', '>', '>=')} ${expression(scope, type, 0)}`
  }

  const relation = (outer: Scope, depth: number): { readonly text: string; readonly made: Relation } => {
    const alias = fresh()
    if (depth > 0 && chance(20)) {
      feature('derived table')
      return {
        text: `(select ${expression(outer, 'int', 0)} as id, z.* from (${block([], depth - 1)}) as z(a, b)) as ${alias}`,
        made: { alias, size: 250, columns: { id: 'int', a: 'int', b: 'text' } },
      }
    }
    const table = pick(...Object.keys(TABLES))
    return { text: `${pick('', 'app.')}${table} as ${alias}`, made: { alias, size: 15, columns: TABLES[table] ?? {} } }
  }

  const from = (depth: number): { readonly text: string; readonly scope: Scope } => {
    const first = relation([], depth)
    let text = first.text
    const scope = [first.made]
    // what stands before the last comma is out of sight for ON
    let sight = 0
    let size = first.made.size
    while (size < (depth > 0 ? 1000 : 20) && chance(50)) {
      const { text: next, made } = relation([], depth)
      const join = pick('join', 'left join', 'right join', 'full join', 'cross join', 'comma')
      feature(join)
      scope.push(made)
      size *= made.size
      if (join === 'comma') {
        text = `${text}, ${next}`
        sight = scope.length - 1
      }
      if (join === 'cross join') text = `${text} cross join ${next}`
      else if (join === 'full join') text = `${text} full join ${next} on ${scope[sight]?.alias}.id = ${made.alias}.id`
      else if (join !== 'comma') text = `${text} ${join} ${next} on ${predicate(scope.slice(sight), 0)}`
    }
    return { text, scope }
  }

  /** One column, over tables of its own; it may look at the levels around it. */
  const single = (outer: Scope, type: Type, depth: number): string => {
    const { text, scope } = from(0)
    feature('sub-query')
    const where = chance(70) ? ` where ${predicate([...scope, ...outer], depth)}` : ''
    return `select ${expression(scope, type, 0)} from ${text}${where}`
  }

  /** A SELECT of an int column and a text column. */
  const block = (outer: Scope, depth: number): string => {
    const { text, scope } = from(depth)
    const where = chance(60) ? ` where ${predicate([...scope, ...outer], depth)}` : ''
    const shape = pick('plain', 'plain', 'grouped', 'distinct', 'window')
    feature(shape)
    if (shape === 'grouped') {
      const by = expression(scope, 'text', 0)
      const having = chance(40) ? ' having count(*) > 1' : ''
      const aggregate = pick(
        'count(*)',
        `count(distinct ${expression(scope, 'text', 0)})`,
        'count(*) filter (where true)',
      )
      return `select ${aggregate}::int as a, max(${by}) as b from ${text}${where} group by ${by}${having}`
    }
    if (shape === 'window') {
      const partition = expression(scope, 'text', 0)
      return `select (count(*) over (partition by ${partition}))::int as a, ${expression(scope, 'text', depth)} as b from ${text}${where}`
    }
    const distinct = shape === 'distinct' ? 'distinct ' : ''
    return `select ${distinct}${expression(scope, 'int', depth)} as a, ${expression(scope, 'text', depth)} as b from ${text}${where}`
  }

  const statement = (): string => {
    const shape = pick('block', 'star', 'cte', 'set', 'limit', 'values')
    feature(shape)
    if (shape === 'star') {
      const { text, scope } = from(1)
      const where = chance(60) ? ` where ${predicate(scope, 2)}` : ''
      const all = scope.map(
        ({ alias, columns }) => `${alias}.{${Object.keys(columns).map((name) => `${alias}.${name}`)}}`,
      )
      return `select ${all.join(', ')} from ${text}${where}`
    }
    if (shape === 'cte') {
      const name = pick('orders', 'x', 'pub')
      const second = chance(50)
        ? `, y as (select a from ${name} where a > 0)`
        : ', y as (select id as a from customers)'
      return `with ${name} as (${block([], 1)})${second} select r.a, r.b, y.a from ${name} r left join y on y.a = r.a`
    }
    if (shape === 'set') {
      return `${block([], 1)} ${pick('union', 'union all', 'intersect', 'except')} ${block([], 1)}`
    }
    if (shape === 'limit') return `select a, b from (${block([], 2)}) q order by a, b limit 3 offset ${pick('0', '1')}`
    if (shape === 'values')
      return `select v.k, count(o.id) from (values (1), (2)) v(k) left join orders o on o.qty = v.k group by v.k`
    return block([], 2)
  }

  const marked = statement()
  return {
    sent: marked.replace(/(\w+)\.\{[^}]*\}/g, '$1.*'),
    expanded: marked.replace(/\w+\.\{([^}]*)\}/g, '$1'),
    features,
  }
}
