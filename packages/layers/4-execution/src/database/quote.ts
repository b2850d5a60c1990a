/** A name as an identifier of SQL. Names come from the configuration; they are quoted all the same. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `schema.name` as SQL. */
export function quoteRelation(relation: string): string {
  return relation.split('.').map(quoteName).join('.')
}

/** A text as a constant of SQL, whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
