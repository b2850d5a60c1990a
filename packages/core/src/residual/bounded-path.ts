import type { NameOf } from './atom-bound.ts'

/**
 * Names every path that starts at an unknown: `context.arguments.to`, `principal.level`, or the unknown itself. Within one evaluation a
 * path has one value, however often it is written.
 */
export const boundedPath: NameOf = (expr) => {
  if (expr.op === 'unknown') return JSON.stringify(expr.name)
  const of = expr.op === 'get' ? boundedPath(expr.of) : undefined
  // Quoted, because an attribute's name may hold anything.
  return of !== undefined && expr.op === 'get' ? `${of}.${JSON.stringify(expr.attribute)}` : undefined
}
