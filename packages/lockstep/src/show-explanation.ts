import type { CallExplanation, ExplainedCondition, ExplainedPolicy, ExplainedPrincipal, ReadFact } from '@lockstep/core'
import { align } from './align.ts'
import { showChange, showEntity, showValue } from './show-value.ts'
import { visibleText } from './visible-text.ts'

/** Permits that did not apply are shown nearest first, and no more than these. */
const MOST_NEAR = 3

/** An explanation for a person. Everything in it is made visible: ids and arguments may come from anybody. */
export function showExplanation(explanation: CallExplanation): string {
  const { subject, actor, tool, resource, principals, policyVersion } = explanation
  const about =
    resource && `${visibleText(showEntity(resource))}${resource.found === 'stored' ? '' : FOUND[resource.found]}`
  return [
    `${headline(explanation)}\n`,
    align([
      ['subject', visibleText(subject.id)],
      ['actor', visibleText(actor.id)],
      ['tool', visibleText(tool)],
      ...(about ? [['resource', about] as const] : []),
      ['policy version', visibleText(policyVersion)],
    ]),
    ...principals.map(showPrincipal),
    showRemedy(explanation),
  ].join('\n')
}

const FOUND = { missing: ' (there is none)', hidden: ' (not there, or not for this subject to view)' } as const

function headline({ effect, code, refused, policies }: CallExplanation): string {
  if (effect === 'permit') return `permitted by ${policies.map(visibleText).join(', ')}`
  const by = policies.length > 0 ? ` by ${policies.map(visibleText).join(', ')}` : ''
  return `denied${by}${refused ? `: the ${refused} is refused` : ''} [${code ?? 'invocation.denied'}]`
}

function showPrincipal({ role, entity, decision, policies }: ExplainedPrincipal): string {
  const refused = decision?.effect !== 'permit'
  const applying = policies.filter(({ applies }) => applies)
  const near = refused ? nearest(policies) : []
  const shown = [...applying, ...near]
  const rest = policies.length - shown.length
  return [
    `${role} ${visibleText(showEntity(entity))}: ${decision ? (refused ? 'refused' : 'permitted') : 'not told, because of what is withheld'}\n`,
    ...shown.map(showPolicy),
    ...(policies.length === 0 ? ['  no policy is about this\n'] : []),
    ...(rest > 0 ? [`  ${rest} further ${rest === 1 ? 'policy does' : 'policies do'} not apply\n`] : []),
  ].join('')
}

/** The permits that lacked least. */
function nearest(policies: readonly ExplainedPolicy[]): readonly ExplainedPolicy[] {
  const lacking = ({ conditions }: ExplainedPolicy) => conditions.filter(({ outcome }) => outcome !== 'holds').length
  return policies
    .filter(({ effect, applies }) => effect === 'permit' && !applies)
    .sort((a, b) => lacking(a) - lacking(b))
    .slice(0, MOST_NEAR)
}

function showPolicy({ id, effect, file, line, applies, conditions }: ExplainedPolicy): string {
  const heading = `  ${effect} ${visibleText(id)} (${visibleText(file)}:${line}) ${applies ? 'applies' : 'does not apply'}\n`
  return heading + conditions.map((condition) => showCondition(file, condition)).join('')
}

function showCondition(file: string, { text, line, outcome, reads }: ExplainedCondition): string {
  const facts = reads.filter(({ path }) => path.includes('.')).map(showFact)
  const said = `    ${outcome.padEnd(9)} ${visibleText(file)}:${line}  ${visibleText(text)}\n`
  return said + facts.map((fact) => `              ${visibleText(fact)}\n`).join('')
}

function showFact({ path, value, withheld }: ReadFact): string {
  if (withheld) return `${path}: withheld, this subject may not view it`
  return value === undefined ? `${path}: there is none` : `${path} = ${showValue(value)}`
}

function showRemedy({ effect, stepUp, changes, principals }: CallExplanation): string {
  if (effect === 'permit') return 'nothing is missing\n'
  if (stepUp) {
    const factors = [
      ...(stepUp.acr === undefined ? [] : [`a sign-in that reaches ${visibleText(stepUp.acr)}`]),
      ...(stepUp.maxAge === undefined ? [] : [`a sign-in at most ${stepUp.maxAge} seconds ago`]),
      ...(stepUp.approval ? ['the consent of a second person'] : []),
    ]
    return `it would be permitted with ${factors.join(' and ')}\n`
  }
  if (!changes && principals.some(isWithheld)) {
    return 'no declared factor would change it; what else would is not told, because of what is withheld (see --reveal)\n'
  }
  if (!changes) return 'no declared factor would change it, and no facts about the two that the policies name\n'
  const facts = changes.map((change) => `  ${visibleText(showChange(change))}\n`).join('')
  return `no declared factor would change it; for operators: it would be permitted if\n${facts}`
}

function isWithheld({ policies }: ExplainedPrincipal): boolean {
  return policies.some(({ conditions }) => conditions.some(({ outcome }) => outcome === 'withheld'))
}
