/** Sets names and values in two columns, one pair a line, indented. */
export function align(pairs: readonly (readonly [string, string])[], indent = '  '): string {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${indent}${name.padEnd(width)}  ${value}`.trimEnd().concat('\n')).join('')
}
