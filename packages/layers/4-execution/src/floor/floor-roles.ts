/** Who is who in the database. */
export interface FloorRoles {
  /** The application's login, which everything is about. */
  readonly role: string
  /** The login that writes down calls. @defaultValue `lockstep_writer` */
  readonly writer?: string | undefined
  /** Owns the floor's objects and logs in nowhere; it is made where it is not there. @defaultValue the name of the schema */
  readonly owner?: string | undefined
  /** Roles whose rows stay as their grants say: whoever reads for Lockstep itself, migrations, other services. @defaultValue none */
  readonly exempt?: readonly string[] | undefined
}

/** The roles with what nobody said about them. */
export interface NamedRoles {
  readonly role: string
  readonly writer: string
  readonly owner: string
  readonly exempt: readonly string[]
}

/** Fills in the names of roles. */
export function nameRoles(
  { role, writer = 'lockstep_writer', owner, exempt = [] }: FloorRoles,
  schema: string,
): NamedRoles {
  return { role, writer, owner: owner ?? schema, exempt: [...new Set(exempt)].sort() }
}
