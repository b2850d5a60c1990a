/** A Markdown table, aligned as the formatter of the repository aligns it. Cells are texts; a bar in one is escaped. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  const rule = widths.map((width) => '-'.repeat(width))
  const [first, ...others] = cells
  return [line(first), line(rule), ...others.map(line)].join('\n')
}
