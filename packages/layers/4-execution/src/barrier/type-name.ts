import type { TypeName } from 'libpg-query'

/**
 * The name of a type as `pg_type.typname` has it, with `[]` behind it for an array: `int4`, `timestamptz`, `text[]`.
 * `undefined` for an array of arrays, and for a type of another schema. What narrows a type (`varchar(10)`) is left out.
 */
export function typeNameOf({ names, arrayBounds }: TypeName): string | undefined {
  const [first, ...more] = names ?? []
  if (more.length > 0 && !(first && 'String' in first && first.String.sval === 'pg_catalog')) return undefined
  const last = names?.at(-1)
  const name = last && 'String' in last ? last.String.sval : undefined
  if (name === undefined || (arrayBounds?.length ?? 0) > 1) return undefined
  return arrayBounds ? `${name}[]` : name
}
