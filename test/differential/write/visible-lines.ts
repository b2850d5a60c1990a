/** What ann may see of lines that `shop.contents()` wrote. */
export function visibleLines(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const { table, row } = readLine(line)
    const tenants: readonly unknown[] = table === 'events' ? [1, 3] : [1, undefined]
    if (!tenants.includes(row.tenant_id ?? row.Tenant) || row.stage === 'draft') return []
    const { secret: _secret, margin: _margin, ...shown } = row
    return [`${table} ${JSON.stringify(shown)}`]
  })
}

/** One row of one table of the shop. */
export function readLine(line: string): { readonly table: string; readonly row: Readonly<Record<string, unknown>> } {
  const [table = '', text = ''] = line.split(/ (.*)/)
  // a table may have parts
  return { table, row: JSON.parse(text.replace(/}[\w.]*$/, '}')) }
}
