import { conjoin, type Decision, type Obligation, type OpenDecision } from '@lockstep/core'

/**
 * One decision of several about the same call, one for each of the people who consent to it: all must permit, under one version of the policy, and
 * the obligations of all are due. Asks no further than the first denial.
 */
export function uniteDecisions(decide: readonly (() => Decision)[]): Decision {
  let united: Decision | undefined
  for (const ask of decide) {
    const decision = ask()
    if (decision.effect === 'deny' || !united || united.effect === 'deny') united = decision
    else if (decision.policyVersion !== united.policyVersion) return changed(decision.policyVersion)
    else {
      united = {
        ...united,
        policies: [...new Set([...united.policies, ...decision.policies])],
        obligations: withObligations(united.obligations, decision.obligations),
      }
    }
    if (united.effect === 'deny') return united
  }
  if (!united) throw new TypeError('there is nothing to unite')
  return united
}

/** What several of them demand together, as one condition. Throws as `ask` does. */
export function uniteDemands([first, ...others]: readonly OpenDecision[]): OpenDecision {
  if (!first) throw new TypeError('there is nothing to unite')
  const all = [first, ...others]
  return {
    ...first,
    condition: all.map(({ condition }) => condition).reduce(conjoin),
    policies: [...new Set(all.flatMap(({ policies }) => policies))],
  }
}

/** INVARIANT: one decision rests on one version of the policy. */
function changed(policyVersion: string): Decision {
  return { effect: 'deny', policies: [], refused: 'subject', code: 'policy.evaluation-failed', policyVersion }
}

function withObligations(known: readonly Obligation[], more: readonly Obligation[]): readonly Obligation[] {
  const isKnown = ({ name, value, policyId }: Obligation) =>
    known.some((one) => one.name === name && one.value === value && one.policyId === policyId)
  return [...known, ...more.filter((one) => !isKnown(one))]
}
