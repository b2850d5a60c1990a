/** A name as an identifier of SQL. Names come from the configuration; they are quoted all the same. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `schema.name` as SQL. */
export function quoteRelation(relation: string): string {
  return relation.split('.').map(quoteName).join('.')
}
