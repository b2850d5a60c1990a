export { createFinalRows, type FinalRows } from '../final-rows.ts'
export { type ReleaseOptions, release } from './release.ts'
