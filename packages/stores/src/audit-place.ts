/** Where an instance keeps its own audit log: plain files on its machine, locked by its process. */
export interface AuditPlace {
  /** Where the log lies. */
  readonly auditFolder: string
  /** Keeps what signs the log beside it. As `State.keep`. */
  keep(name: string, make: () => string | Promise<string>): Promise<string>
}
