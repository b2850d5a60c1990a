export type { Output } from './output.ts'
export { runCommandLine } from './run-command-line.ts'
