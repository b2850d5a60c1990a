export type { Input } from './input.ts'
export type { Output } from './output.ts'
export { runCommandLine } from './run-command-line.ts'
