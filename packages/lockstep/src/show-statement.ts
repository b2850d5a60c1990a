import type { Barrier } from '@lockstep/core'
import { align } from './align.ts'
import type { NarrowingPolicy, StatementExplanation } from './describe-statement.ts'
import { visibleText } from './visible-text.ts'

/** What became of a statement, for a person. Everything in it is made visible: the statement may come from anybody. */
export function showStatement(explanation: StatementExplanation): string {
  const { subject, actor, tool, policyVersion } = explanation
  const who = align([
    ['subject', visibleText(subject.id)],
    ['actor', visibleText(actor.id)],
    ['tool', visibleText(tool)],
    ['policy version', visibleText(policyVersion)],
  ])
  if (!explanation.ok) {
    const { code, message, hint } = explanation
    return `refused: ${visibleText(message)} [${code}]\n\n${who}\nwhat helps: ${visibleText(hint)}\n`
  }
  const { sql, parameters, relations, write } = explanation
  return [
    `${visibleText(sql)}\n`,
    who,
    ...(parameters.own + parameters.bound > 0 ? [showParameters(parameters)] : []),
    ...(write?.answers === 'marks' ? ['it is answered with a mark for each row, which clients count and drop\n'] : []),
    ...(relations.length > 0 ? relations.map(showRelation) : ['it reads no relation, so nothing was added\n']),
  ].join('\n')
}

type Scoped = Extract<StatementExplanation, { readonly ok: true }>

function showParameters({ own, bound }: Scoped['parameters']): string {
  const range = (from: number, count: number) => (count === 1 ? `$${from}` : `$${from} to $${from + count - 1}`)
  return align([
    ...(own > 0 ? [['parameters', `${range(1, own)}, the statement's own`] as const] : []),
    ...(bound > 0 ? [['bound', `${range(own + 1, bound)}, values that the policies demand`] as const] : []),
  ])
}

function showRelation({
  relation,
  entity,
  action,
  policies,
  hiddenColumns,
  maskedColumns,
  barrier,
}: Scoped['relations'][number]): string {
  const names = (columns: readonly string[]) => columns.map(visibleText).join(', ')
  const [first, ...others] = policies.map(showPolicy)
  return (
    `${visibleText(relation)} as ${visibleText(entity)}${action ? `: ${action}` : ''}\n` +
    align([
      ['rows by', first ?? `no policy: none may be ${action ? 'written' : 'read'}`],
      ...others.map((policy) => ['', policy] as const),
      ...(hiddenColumns.length > 0 ? [[action ? 'not set' : 'hidden', names(hiddenColumns)] as const] : []),
      ...(maskedColumns.length > 0 ? [['not plain', names(maskedColumns)] as const] : []),
      ...(action ? [] : [['barrier', BARRIERS[barrier]] as const]),
    ])
  )
}

const BARRIERS: Readonly<Record<Barrier, string>> = {
  none: 'none is needed',
  guard: 'conditions that may fail run behind a guard',
  fence: 'a fence: the filter comes first',
}

function showPolicy({ id, effect, file, line }: NarrowingPolicy): string {
  return file === undefined ? visibleText(id) : `${effect} ${visibleText(id)} (${visibleText(file)}:${line})`
}
