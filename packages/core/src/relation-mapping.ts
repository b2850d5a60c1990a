/** Where one attribute, or the parents of one type, are read from. Each row says one thing about one entity. */
export interface Relation {
  /** The view or table, with its schema: `public.department_managers`. */
  readonly view: string
  /** The column that holds the id of the entity that a row is about: of a `User` the token's `sub`, of an `Agent` the actor's id. */
  readonly key: string
  /** The column that holds the value: of an attribute that refers to entities, and of parents, an id. */
  readonly column: string
  /**
   * Whose subjects the rows of a `User` are about: the column that holds the issuer, or the one issuer that all are of. Needed where the
   * configuration names several issuers, because two of them may give one `sub` to different people.
   * @defaultValue the one issuer of the configuration
   */
  readonly issuer?: { readonly column: string } | { readonly only: string } | undefined
}

/** Where an attribute is read from. */
export interface AttributeRelation extends Relation {
  /** The value where no row says one, or NULL. @defaultValue none: an optional attribute is absent, and without a required one the call is denied */
  readonly otherwise?: boolean | number | string | undefined
}

/** What is read about the entities of one type. */
export interface EntityRelations {
  /** By attribute of the policy's schema, which says whether it is one value or a set: every row adds a member to a set. */
  readonly attributes?: Readonly<Record<string, AttributeRelation>> | undefined
  /** By type of the parents: the entities that one of this type is directly in. */
  readonly parents?: Readonly<Record<string, Relation>> | undefined
}

/**
 * By entity type. The subject (`User`) and the actor (`Agent`) are read, and from there every entity that they lead to and whose type stands
 * here.
 */
export type RelationMapping = Readonly<Record<string, EntityRelations>>

/**
 * Declares which views of the team's own tables say what about the people, programs and roles of the policy (`policies/relations.ts`).
 *
 * @example
 * ```ts
 * export default defineRelations({
 *   User: {
 *     attributes: {
 *       manages: { view: 'public.department_managers', key: 'employee_id', column: 'department_id' },
 *       approvalLimit: { view: 'public.approval_limits', key: 'employee_id', column: 'amount_cents', otherwise: 0 },
 *     },
 *     parents: { Role: { view: 'public.role_members', key: 'employee_id', column: 'role' } },
 *   },
 * })
 * ```
 */
export function defineRelations<const T extends RelationMapping>(relations: T): T {
  return relations
}
