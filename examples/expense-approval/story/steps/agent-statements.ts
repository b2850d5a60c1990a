/** What an analyst's agent writes: a CTE, two joins and aggregates. */
export const ANALYSIS = `with monthly as (
  select e.category, date_trunc('month', e.submitted_on) as month, e.amount, e.employee_id, e.dept_id
  from expenses e where e.status <> 'rejected'
)
select d.name as department, m.category, count(*) as expenses, sum(m.amount) / 100 as total, max(p.name) as somebody
from monthly m
join departments d on d.id = m.dept_id
left join employees p on p.id = m.employee_id
group by d.name, m.category
order by total desc`

type Rows = readonly Readonly<Record<string, unknown>>[]

/** A statement that tries to get at what is hidden, and how to see in its rows that it did. `visible` counts her own rows. */
export interface HostileStatement {
  readonly name: string
  readonly sql: string
  readonly leaks: (rows: Rows, visible: number) => boolean
}

export const HOSTILE: readonly HostileStatement[] = [
  {
    name: 'union to another table',
    sql: 'select id, amount from expenses union all select id, salary from employees',
    leaks: (rows) => rows.some((row) => String(row.id).startsWith('user:')),
  },
  {
    name: 'whole-row reference',
    sql: 'select e::text as everything from expenses e limit 1',
    leaks: (rows) => rows.length > 0,
  },
  {
    name: 'system catalog',
    sql: 'select relname::text as name from pg_catalog.pg_class limit 3',
    leaks: (rows) => rows.length > 0,
  },
  {
    name: 'stacked statement',
    sql: "select 1; update expenses set status = 'approved'",
    leaks: (rows) => rows.length > 0,
  },
  {
    name: 'predicate over a masked column',
    sql: "select id from expenses where iban like 'DE%' limit 3",
    leaks: (rows) => rows.length > 0,
  },
  {
    name: 'or true',
    sql: 'select count(*) as n from expenses where dept_id = 7 or true',
    leaks: (rows, visible) => Number(rows[0]?.n ?? 0) > visible,
  },
]
