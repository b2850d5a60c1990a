export { auditFolderOf } from './audit-folder.ts'
export type { AuditPlace } from './audit-place.ts'
export type { State, StateSource } from './state.ts'
