import type { Node } from 'libpg-query'

/** A relation that a condition looks into, and the columns that it names of it. */
export interface LookedInto {
  /** `schema.name` */
  readonly relation: string
  readonly columns: readonly string[]
}

/**
 * Finds the relations that a condition looks into beside its own row.
 *
 * @param skip sub-selects that look into nothing
 */
export function collectLooks(tree: Node, skip: Pick<WeakSet<object>, 'has'>): readonly LookedInto[] {
  const relations = new Map<string, string>()
  const columns: (readonly [string, string])[] = []
  walk(tree, skip, (kind, node) => {
    if (kind === 'RangeVar') {
      const { schemaname, relname, alias } = node as {
        schemaname: string
        relname: string
        alias: { aliasname: string }
      }
      relations.set(alias.aliasname, `${schemaname}.${relname}`)
    } else if (kind === 'ColumnRef') {
      const { fields = [] } = node as { fields?: readonly { String?: { sval?: string } }[] }
      columns.push([fields[0]?.String?.sval ?? '', fields[1]?.String?.sval ?? ''])
    }
  })
  return [...relations].map(([alias, relation]) => ({
    relation,
    columns: columns.flatMap(([qualifier, column]) => (qualifier === alias ? [column] : [])),
  }))
}

function walk(tree: unknown, skip: Pick<WeakSet<object>, 'has'>, meet: (kind: string, node: unknown) => void): void {
  if (typeof tree !== 'object' || tree === null || skip.has(tree)) return
  for (const [kind, part] of Object.entries(tree)) {
    if (kind === 'RangeVar' || kind === 'ColumnRef') meet(kind, part)
    walk(part, skip, meet)
  }
}
