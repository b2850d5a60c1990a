export { auditFolderOf } from './audit-folder.ts'
export type { State } from './state.ts'
