export type { State } from './state.ts'
