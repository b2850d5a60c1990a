const WIDTH = 100

/** Where the story is told. */
export interface Screen {
  heading(text: string): void
  /** One labeled fact: `asked`, `by`, `decided`, `hidden`. */
  fact(label: string, text: string): void
  line(text?: string): void
  /** Preformatted text, indented. */
  block(text: string): void
  table(header: readonly string[], rows: readonly (readonly string[])[]): void
}

/** Writes plain text, so that it reads the same in a terminal, a pipe and a log. */
export function createScreen(write: (text: string) => void): Screen {
  const line = (text = '') => write(`${text}\n`)
  return {
    line,
    heading(text) {
      line()
      line(text)
      line('-'.repeat(Math.min(WIDTH, text.length)))
    },
    fact(label, text) {
      const [first = '', ...rest] = wrap(text, WIDTH - 12)
      line(`  ${label.padEnd(9)} ${first}`)
      for (const more of rest) line(`  ${''.padEnd(9)} ${more}`)
    },
    block(text) {
      for (const part of wrap(text, WIDTH - 6)) line(`      ${part}`)
    },
    table(header, rows) {
      const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? '').length)))
      const show = (row: readonly string[]) =>
        `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
      line(show(header))
      line(`|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
      for (const row of rows) line(show(row))
    },
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    if (paragraph.length <= width) {
      lines.push(paragraph)
      continue
    }
    let current = ''
    for (const word of paragraph.split(' ')) {
      if (current && current.length + word.length + 1 > width) {
        lines.push(current)
        current = word
      } else current = current ? `${current} ${word}` : word
    }
    lines.push(current)
  }
  return lines
}
