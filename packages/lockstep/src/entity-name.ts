/** Names that a Cedar schema has of its own. */
const RESERVED = new Set(['Bool', 'Boolean', 'Entity', 'Extension', 'Long', 'Record', 'Set', 'String', 'Action'])

/** The entity type that rows of a table would be, in the singular: `app.order_items` are `OrderItem`. */
export function entityName(relation: string): string {
  const table = relation.slice(relation.lastIndexOf('.') + 1)
  const words = table.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const last = words.pop() ?? 'Row'
  const name = [...words, singular(last)].map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return RESERVED.has(name) || !/^[A-Za-z]/.test(name) ? `Row${name}` : name
}

function singular(word: string): string {
  if (/[^aeiou]ies$/i.test(word)) return `${word.slice(0, -3)}y`
  if (/(ss|x|z|ch|sh)es$/i.test(word)) return word.slice(0, -2)
  return /[^suio]s$/i.test(word) ? word.slice(0, -1) : word
}
