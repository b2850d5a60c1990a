import type { AsksDeclaration, SendsDeclaration, SentBinding } from '@lockstep/core'
import type { ResultPlan } from './output-plan.ts'
import type { PlanOptions } from './plan-output.ts'
import { readOutputSchema } from './read-output-schema.ts'

/** How everything is released that a tool sends beside its results, made once of its declaration. What has no plan does not leave. */
export interface SentPlan {
  readonly progress?: ResultPlan | undefined
  readonly logs?: { readonly data: ResultPlan; readonly loggers: readonly string[] } | undefined
  readonly errors?: ResultPlan | undefined
  readonly form?: ResultPlan | undefined
  readonly page?: { readonly origins: readonly string[]; readonly text?: ResultPlan | undefined } | undefined
  readonly sampling?: ResultPlan | undefined
  readonly roots: boolean
}

const PUBLIC: ResultPlan = { structure: { kind: 'public', fits: () => true, labels: [] }, text: 'public' }

/**
 * Makes the plan by which a tool's own messages are released.
 *
 * @throws LockstepError `configuration.invalid` as `readOutputSchema` does, naming the member of `sends`
 */
export function planSent(tool: string, sends: SendsDeclaration | undefined, options: PlanOptions): SentPlan {
  const planOf = (member: string, binding: SentBinding | undefined): ResultPlan | undefined => {
    if (binding === undefined) return undefined
    return binding === 'public' ? PUBLIC : readOutputSchema(tool, binding, { ...options, member: `sends.${member}` })
  }
  const { progress, logs, errors, asks = {} } = sends ?? {}
  const data = planOf('logs.data', logs?.data)
  return {
    progress: planOf('progress', progress),
    logs: data && { data, loggers: logs?.loggers ?? [] },
    errors: planOf('errors', errors),
    ...planAsks(asks, planOf),
  }
}

function planAsks(
  { form, page, sampling, roots }: AsksDeclaration,
  planOf: (member: string, binding: SentBinding | undefined) => ResultPlan | undefined,
): Pick<SentPlan, 'form' | 'page' | 'sampling' | 'roots'> {
  return {
    form: planOf('asks.form', form),
    page: page && { origins: page.origins, text: planOf('asks.page.text', page.text) },
    sampling: planOf('asks.sampling', sampling),
    roots: roots === true,
  }
}
