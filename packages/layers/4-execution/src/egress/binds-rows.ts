import type { ToolDeclaration } from '@lockstep/core'

/** Whether anything that a tool releases is held against the rows that its statements returned. */
export function bindsRows(output: ToolDeclaration['output']): boolean {
  return Object.values(output ?? {}).some((bound) => bound !== 'public')
}
