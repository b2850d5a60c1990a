export { createFinalRows, type FinalRows } from '../final-rows.ts'
export { bindsRows } from './binds-rows.ts'
export { type ReleaseOptions, release } from './release.ts'
