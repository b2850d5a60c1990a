import {
  type AdmitPolicies,
  type EntityDeclaration,
  type EntityDeclarations,
  type Expr,
  LockstepError,
  type MaskOptions,
  partsOf,
  type TableMapping,
  whenFalse,
  whenTrue,
  withParts,
} from '@lockstep/core'
import { fitsType } from '../database/fits-type.ts'
import { readReleased } from '../grammar/released.ts'
import { parameter } from '../statement/ast.ts'
import { type CatalogTable, createCatalog } from './catalog.ts'
import { LATER } from './row-scope.ts'
import { translateCondition } from './translate-condition.ts'

/**
 * Makes the check that every policy about reading a mapped entity has an exact form in SQL, whatever the caller turns out to be:
 * what cannot be asked of rows is refused when it is loaded, not at the first statement. Await `loadParser()` before.
 *
 * The check throws `execution.mapping-invalid` naming the policy, where it stands, and the table.
 *
 * @param options as the rewriter takes them
 * @throws LockstepError `execution.mapping-invalid` for a table mapping that is not valid
 */
export function admitReadPolicies(
  tables: TableMapping,
  declared: EntityDeclarations,
  {
    types = [],
    masks,
  }: { readonly types?: readonly string[] | undefined; readonly masks?: MaskOptions | undefined } = {},
): AdmitPolicies {
  const catalog = createCatalog(tables, readReleased({ types }), masks)
  const exact = [...catalog.values()].map((table) => onlyExact(table, declared))
  return (conditions) => {
    for (const { id, file, line, resource, when } of conditions) {
      for (const table of exact.filter(({ entity }) => entity === resource)) {
        const open = withoutQuestion(when)
        try {
          requireHierarchies(open, table, declared)
          for (const holds of [whenTrue(open), whenFalse(open)]) translateCondition(holds, table, () => parameter(1))
        } catch (error) {
          const says = error instanceof LockstepError ? (error.detail ?? error.message) : 'it cannot be translated'
          throw new LockstepError(
            'execution.mapping-invalid',
            `policy \`${id}\` (${file}:${line}) cannot filter the rows of \`${table.id}\`: ${says}`,
            { cause: error },
          )
        }
      }
    }
  }
}

/** A table without the attributes that its columns hold in another form than the schema's. */
function onlyExact(table: CatalogTable, declared: EntityDeclarations): CatalogTable {
  const isExact = (declaration: EntityDeclaration | undefined, name: string, kind: Parameters<typeof fitsType>[0]) => {
    const type = declaration?.attributes.get(name)?.type
    return type !== undefined && fitsType(kind, type) === 'exactly'
  }
  const declaration = declared.get(table.entity)
  const attributes = [...table.attributes].filter(([name, { kind }]) => isExact(declaration, name, kind))
  const members = [...table.members].filter(([name, { kind }]) => isExact(declaration, name, { is: 'set', of: kind }))
  return {
    ...table,
    attributes: new Map(attributes),
    members: new Map(members),
    referenced: (entity) => {
      const found = table.referenced(entity)
      return found && onlyExact(found, declared)
    },
  }
}

/** A condition in which everything that does not depend on the resource is one value that a question will bring. */
function withoutQuestion(expr: Expr): Expr {
  if (expr.op === 'value') return expr
  return dependsOnResource(expr) ? withParts(expr, withoutQuestion) : { op: 'unknown', name: LATER }
}

function dependsOnResource(expr: Expr): boolean {
  return expr.op === 'unknown' ? expr.name === 'resource' : partsOf(expr).some(dependsOnResource)
}

/** What a row is in must be told by the mapping up to the last type that the schema knows. */
function requireHierarchies(expr: Expr, table: CatalogTable, declared: EntityDeclarations): void {
  if (expr.op === 'in' && dependsOnResource(expr.left)) {
    for (const entity of typesOf(expr.left, table)) {
      const told = toldAbove(entity, table, new Set())
      const missing = [...(declared.get(entity)?.above ?? [])].find((above) => !told.has(above))
      if (missing !== undefined) {
        throw new LockstepError(
          'execution.mapping-invalid',
          `it asks what a \`${entity}\` is in, and no \`parents\` of the mapping say which \`${missing}\``,
        )
      }
    }
  }
  for (const part of partsOf(expr)) requireHierarchies(part, table, declared)
}

function typesOf(expr: Expr, table: CatalogTable): readonly string[] {
  if (expr.op === 'unknown') return expr.name === 'resource' ? [table.entity] : []
  if (expr.op !== 'get') return partsOf(expr).flatMap((part) => typesOf(part, table))
  return typesOf(expr.of, table).flatMap((entity) => {
    const kind = (entity === table.entity ? table : table.referenced(entity))?.attributes.get(expr.attribute)?.kind
    return kind?.is === 'entity' ? [kind.entity] : []
  })
}

function toldAbove(entity: string, table: CatalogTable, seen: ReadonlySet<string>): ReadonlySet<string> {
  const found = entity === table.entity ? table : table.referenced(entity)
  const parents = seen.has(entity) ? [] : [...(found?.parents.keys() ?? [])]
  return new Set(parents.flatMap((parent) => [parent, ...toldAbove(parent, table, new Set(seen).add(entity))]))
}
