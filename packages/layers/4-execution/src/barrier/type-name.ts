import type { TypeName } from 'libpg-query'

/**
 * The name of a type as `pg_type.typname` has it, with `[]` behind it for an array: `int4`, `timestamptz`, `text[]`.
 * `undefined` for an array of arrays. What narrows a type (`varchar(10)`) is left out.
 */
export function typeNameOf({ names, arrayBounds }: TypeName): string | undefined {
  const last = names?.at(-1)
  const name = last && 'String' in last ? last.String.sval : undefined
  if (name === undefined || (arrayBounds?.length ?? 0) > 1) return undefined
  return arrayBounds ? `${name}[]` : name
}
