import { type Clock, type EntityDeclarations, LockstepError, type SpendingStore } from '@lockstep/core'
import { type CallHistory, createCallHistory } from '@lockstep/invocation'
import type { LockstepConfiguration } from './configuration.ts'

/** What `openCallHistory` needs. */
export interface OpenCallHistoryOptions {
  readonly configuration: LockstepConfiguration
  /** What the policy's schema declares of entities. */
  readonly declared: EntityDeclarations
  readonly store: SpendingStore
  readonly clock: Clock
}

/**
 * Opens the history of calls, if the configuration has rules for it. Its rules are held against the tools and the schema: a rule for a tool
 * that is not there would count nothing, and an amount that is no whole number could be anything.
 *
 * @throws LockstepError `configuration.invalid`
 */
export function openCallHistory(options: OpenCallHistoryOptions): CallHistory | undefined {
  const { configuration, declared, store, clock } = options
  const { history: rules, tools } = configuration
  if (!rules) return undefined
  const { sums = {}, counts = {}, uses = [], anomaly } = rules
  const named = [
    ...Object.entries(sums).map(
      ([name, sum]) => [`history.sums.${name}`, [...Object.keys(sum.tools), ...(sum.seenBy ?? [])]] as const,
    ),
    ...Object.entries(counts).map(
      ([name, count]) => [`history.counts.${name}`, [...count.tools, ...(count.seenBy ?? [])]] as const,
    ),
    ['history.uses', uses] as const,
    ['history.anomaly', anomaly?.tools ?? []] as const,
  ]
  for (const [option, names] of named) {
    const unknown = names.find((tool) => !Object.hasOwn(tools, tool))
    if (unknown !== undefined) throw invalid(option, `the tool \`${unknown}\` is not declared`)
  }
  for (const [name, sum] of Object.entries(sums)) {
    for (const [tool, source] of Object.entries(sum.tools)) {
      if (!('attribute' in source)) continue
      const option = `history.sums.${name}.tools.${tool}`
      const type = tools[tool]?.resource?.type
      const attributes = type === undefined ? undefined : declared.get(type)?.attributes
      demand(option, attributes?.get(source.attribute), 'long', `\`${source.attribute}\` must be a required Long`)
      if (!source.currency) continue
      const { attribute } = source.currency
      demand(option, attributes?.get(attribute), 'string', `\`${attribute}\` must be a required String`)
    }
  }
  return createCallHistory({ rules, store, clock })
}

function demand(
  option: string,
  found: { readonly type: { readonly is: string }; readonly required: boolean } | undefined,
  type: 'long' | 'string',
  says: string,
): void {
  if (found?.type.is !== type || !found.required) {
    throw invalid(option, `${says} of the resource of the tool, in the policy's schema`)
  }
}

function invalid(option: string, says: string): LockstepError {
  return new LockstepError('configuration.invalid', `\`${option}\`: ${says}`)
}
