/** One complaint of a schema (Standard Schema v1). */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * Says what is wrong with arguments in words of the schema alone: the names that it declares, and its own messages.
 *
 * attacker-controlled: a path holds the keys of records, and a message may quote what was sent. `declared` are the names of the schema, `sent`
 * the texts of the arguments: any other name becomes `*`, and a message that holds something of what was sent is not passed on.
 */
export function describeIssue(issue: SchemaIssue, declared: ReadonlySet<string>, sent: ReadonlySet<string>): string {
  const path = (issue.path ?? []).map((part) => {
    const key = typeof part === 'object' ? part.key : part
    return typeof key === 'number' || declared.has(String(key)) ? String(key) : '*'
  })
  const quotes = [...sent].some((text) => !declared.has(text) && issue.message.includes(text))
  const message = quotes ? 'not as the schema wants it' : issue.message
  return path.length > 0 ? `\`${path.join('.')}\`: ${message}` : message
}
