import type { Column, Grammar, Scope, Table } from '../select/grammar.ts'

/** Columns that a statement may set: none that is masked, and none that is generated. */
export function writable({ columns }: Table): readonly Column[] {
  return columns.filter(({ mask, name }) => !mask && name !== 'total')
}

/** What an INSERT has to give. Without them a row fails, mostly. */
export function required({ name, columns }: Table): readonly string[] {
  if (name === 'stock') return []
  return columns.flatMap((column) => (/^("Id"|"Tenant"|id|tenant_id)$/.test(column.name) ? [column.name] : []))
}

const TENANTS = ['1', '1', '1', '1', '1', '1', '1', '1', '1', '2', '3']
const STAGES = ["'open'", "'open'", "'open'", "'old'", "'shipped'", "'draft'"]

/** A key: free, of a row that ann sees, or of one that she does not. */
export function key(g: Grammar): string {
  const kind = g.draw.below(10)
  if (kind < 7) return String(300 + g.draw.below(500))
  if (kind < 9) return String(1 + g.draw.below(8))
  g.feature('key of a hidden row')
  return String(g.draw.pick(101, 102, 201))
}

/** Writes what a column is set to, from what is in scope. */
export function writeValue(g: Grammar, scope: Scope, table: Table, { name, type }: Column, depth: number): string {
  const { draw } = g
  if (draw.chance(4)) {
    g.feature('default')
    return 'default'
  }
  switch (name) {
    case 'tenant_id':
    case '"Tenant"': {
      const tenant = draw.pick(...TENANTS)
      if (tenant !== '1') g.feature('another tenant')
      return tenant
    }
    case 'stage':
      return draw.pick(...STAGES)
    case 'customer_id':
      return draw.pick('1', '2', '3', '4', '101', '999', 'null', `(${g.expression(scope, 'int', 0)}) % 5 + 1`)
    case 'sku':
      if (draw.chance(25)) return draw.pick("'skip'", "'move'", "'sku 3'")
      break
    case 'locked':
      return draw.pick('false', 'false', 'true', `coalesce(${g.expression(scope, 'bool', depth)}, false)`)
    case 'note':
      if (table.name === 'stock')
        return draw.pick("'note 1'", "'CANARY 1'", "'mine'", g.expression(scope, 'text', depth))
      break
    case 'qty':
      if (table.name === 'stock') return `coalesce((${g.expression(scope, 'int', depth)}) % 1000, 1)`
  }
  return draw.chance(8) && name !== 'touched' ? 'null' : g.expression(scope, type, depth)
}
