import { LockstepError } from '@lockstep/core'
import type { FuncCall } from 'libpg-query'
import { BOUNDED_FUNCTIONS, FUNCTIONS, MAX_PADDING } from '../grammar/functions.ts'
import { insteadOf } from '../grammar/hints.ts'
import { name } from '../statement/ast.ts'
import type { StatementContext } from './statement-context.ts'

/**
 * Holds a call against the allow-list and writes the schema before its name, in place, so that no function of another schema
 * on the search path can be meant (CVE-2018-1058). Returns the bare name. Throws `execution.function-unknown`.
 */
export function resolveFunction(call: FuncCall, context: StatementContext): string {
  const path = (call.funcname ?? []).map((part) => ('String' in part ? part.String.sval : undefined))
  const bare = path.at(-1)
  const schema = path.length > 1 ? path[0] : undefined
  if (bare === undefined || path.length > 2) throw new LockstepError('execution.function-unknown')
  if ((schema === undefined || schema === 'pg_catalog') && FUNCTIONS.has(bare)) {
    if (BOUNDED_FUNCTIONS.has(bare)) checkBound(call)
    if (bare === 'format') checkFormat(call)
    call.funcname = [name('pg_catalog'), name(bare)]
    return bare
  }
  const configured = context.configuredFunction(schema, bare)
  if (!configured) throw new LockstepError('execution.function-unknown', insteadOf(bare))
  call.funcname = configured.map(name)
  return bare
}

// attacker-controlled: `lpad('x', 2000000000)` is a gigabyte
function checkBound(call: FuncCall): void {
  const count = call.args?.[1]
  const value = count && 'A_Const' in count ? count.A_Const.ival?.ival : undefined
  if (value === undefined || value > MAX_PADDING) {
    throw new LockstepError('execution.function-unknown', `pad with a literal count of at most ${MAX_PADDING}`)
  }
}

// attacker-controlled: `format('%2000000000s', 'x')` is two gigabytes
function checkFormat(call: FuncCall): void {
  const [template] = call.args ?? []
  const text = template && 'A_Const' in template ? template.A_Const.sval?.sval : undefined
  if (text === undefined || /%[^%a-zA-Z]*(\d{3,}|\*)/.test(text)) {
    throw new LockstepError('execution.function-unknown', 'format with a literal template and widths below 100')
  }
}
