import type { ScaffoldedColumn, ScaffoldedTable } from './scaffold-table.ts'

/** A name that may stand without quotes. */
const BARE = /^[A-Za-z_$][\w$]*$/

/** Scaffolded tables as the text of `policies/tables.ts`. What is not mapped stands there as a comment. */
export function printTables(tables: readonly ScaffoldedTable[]): string {
  return [
    "import { defineTables } from '@lockstep/core'\n",
    '\n',
    '/**\n',
    ' * Which table is which entity, and which column which attribute and field class. A scaffold of `lockstep tables scaffold`: it is yours from\n',
    ' * here on. What is not mapped does not exist for callers.\n',
    ' */\n',
    'export default defineTables({\n',
    ...tables.map(printTable),
    '})\n',
  ].join('')
}

function printTable({ id, entity, key, columns, unmapped }: ScaffoldedTable): string {
  if (unmapped !== undefined) {
    const names = columns.map(({ name, type }) => `${name} ${type}`).join(', ')
    return remark(`not mapped: ${id} ${unmapped} (${names})`, '  ')
  }
  return [
    `  ${quoted(id)}: {\n`,
    `    entity: ${quoted(entity)},\n`,
    ...(key === undefined ? [] : [`    key: ${quoted(key)},\n`]),
    '    columns: {\n',
    ...columns.map(printColumn),
    '    },\n',
    '  },\n',
  ].join('')
}

function printColumn({ name, type, mapping, says }: ScaffoldedColumn): string {
  const indent = '      '
  if (!mapping) return remark(`not mapped: ${name} ${type}: ${says}`, indent)
  const members = Object.entries(mapping).map(([member, value]) => `${member}: ${quoted(String(value))}`)
  const property = BARE.test(name) ? name : quoted(name)
  return `${says === undefined ? '' : remark(says, indent)}${indent}${property}: { ${members.join(', ')} },\n`
}

/** A text of the database as a string of TypeScript. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}

/** INVARIANT: a name in a comment cannot end the comment: whatever ends a line becomes a space. */
function remark(text: string, indent: string): string {
  return `${indent}// ${text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}\n`
}
