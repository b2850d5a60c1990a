/** A name with its schema. */
export type QualifiedName = readonly [schema: string, name: string]

/** What the configuration releases beside PostgreSQL's own. */
export interface ReleasedNames {
  readonly functions: readonly QualifiedName[]
  readonly operators: readonly QualifiedName[]
  readonly types: readonly QualifiedName[]
}

/** Releases nothing beside PostgreSQL's own. */
export const NOTHING_MORE: ReleasedNames = { functions: [], operators: [], types: [] }

/** The configured lists as they are written, each name with its schema. */
export interface ReleasedTexts {
  readonly functions?: readonly string[] | undefined
  readonly operators?: readonly string[] | undefined
  readonly types?: readonly string[] | undefined
}

/**
 * Reads what the configuration releases: `public.fiscal_year`, `public.<->`, `public.vector`.
 * Throws `TypeError` for a name without its schema.
 */
export function readReleased({ functions = [], operators = [], types = [] }: ReleasedTexts): ReleasedNames {
  return {
    functions: functions.map((text) => qualified('functions', text, WORD)),
    operators: operators.map((text) => qualified('operators', text, OPERATOR)),
    types: types.map((text) => qualified('types', text, WORD)),
  }
}

/** Finds a name as it stands in a statement, with or without its schema. */
export function findReleased(
  names: readonly QualifiedName[],
  schema: string | undefined,
  name: string,
): QualifiedName | undefined {
  return names.find((item) => item[1] === name && (schema === undefined || item[0] === schema))
}

const WORD = /^([A-Za-z_][\w$]*)\.([A-Za-z_][\w$]*)$/
const OPERATOR = /^([A-Za-z_][\w$]*)\.([+\-*/<>=~!@#%^&|`?]+)$/

function qualified(list: string, text: string, form: RegExp): QualifiedName {
  const [, schema, name] = form.exec(text) ?? []
  if (!schema || !name) throw new TypeError(`\`${list}\` must name \`schema.${list.slice(0, -1)}\``)
  if (schema === 'pg_catalog') throw new TypeError(`\`${list}\` cannot release more of \`pg_catalog\``)
  return [schema, name]
}
