import type { AnomalyScore } from './anomaly.ts'

/** For whom something is counted: a person over all their agents, an agent over everybody it acts for, or each pair by itself. */
export type CountedFor = 'subject' | 'actor' | 'subject+actor'

/** Where the amount of a call stands, and its currency where it is not always the same. */
export type AmountSource =
  /** An attribute of the stored resource: to be preferred, because nobody who calls writes it. */
  | { readonly attribute: string; readonly currency?: { readonly attribute: string } | undefined }
  /** An argument, by its name or by the names on the way to it (`payment.amount`). */
  | { readonly argument: string; readonly currency?: { readonly argument: string } | undefined }

/** A sum of amounts in a sliding window: safe integers in minor units (cents) of one currency. */
export interface SumRule {
  /** ISO 4217, for example `EUR`. A call whose own currency is another one is refused. */
  readonly currency: string
  /** How far back it reaches, for example `24 hours`: a number of seconds, minutes, hours or days, at most 366 days. */
  readonly window: string
  readonly per: CountedFor
  /** The tools whose calls add to it, and where the amount of each stands. */
  readonly tools: Readonly<Record<string, AmountSource>>
  /** Tools whose policies see the sum as well, and whose calls add nothing to it. @defaultValue none */
  readonly seenBy?: readonly string[] | undefined
}

/** A number of calls in a sliding window. */
export interface CountRule {
  /** As of a sum. */
  readonly window: string
  readonly per: CountedFor
  /** The tools whose calls are counted, together. */
  readonly tools: readonly string[]
  /** Tools whose policies see the number as well, and whose calls are not counted. @defaultValue none */
  readonly seenBy?: readonly string[] | undefined
}

/** Where calls are scored by how unusual they are. */
export interface AnomalyRule {
  readonly tools: readonly string[]
  /** @defaultValue the baseline: rate, novelty of tool and resource, hour of the day */
  readonly score?: AnomalyScore | undefined
  /** How long the score may take, in milliseconds, at most 10000. @defaultValue 200 */
  readonly milliseconds?: number | undefined
  /** What a score that fails, is late or is none counts as: the call is denied, or 100. @defaultValue `deny` */
  readonly onFailure?: 'deny' | 'highest' | undefined
}

/**
 * What is remembered of calls, so that policies can decide on sequences: `context.history` of the tools that are named here. A tool that is
 * named nowhere pays nothing.
 */
export interface HistoryRules {
  /** By name: `context.history.sums["paid-a-day"]`. The sum includes the call that is decided on. @defaultValue none */
  readonly sums?: Readonly<Record<string, SumRule>> | undefined
  /** By name: `context.history.counts["reports-an-hour"]`. The number includes the call that is decided on. @defaultValue none */
  readonly counts?: Readonly<Record<string, CountRule>> | undefined
  /** Tools of which is told when this person last used them through this agent: `firstUse`, `secondsSinceUse`. @defaultValue none */
  readonly uses?: readonly string[] | undefined
  /** Tools whose calls are scored: `context.history.anomaly`, 0 to 100. @defaultValue none */
  readonly anomaly?: AnomalyRule | undefined
  /** How long uses are remembered, as a window. @defaultValue `90 days` */
  readonly remember?: string | undefined
}

/** One member of `context.history` of one tool, as a schema declares it. */
export interface HistoryMember {
  /** The record that it stands in; absent for a member of `history` itself. */
  readonly group?: 'sums' | 'counts' | undefined
  readonly name: string
  readonly type: 'Long' | 'Bool'
  readonly optional: boolean
}

/** What `context.history` holds for one tool; empty for a tool that no rule names. */
export function historyMembers(rules: HistoryRules, tool: string, hasResource: boolean): readonly HistoryMember[] {
  const { sums = {}, counts = {}, uses = [], anomaly } = rules
  const long = (name: string, group?: HistoryMember['group']) =>
    ({ group, name, type: 'Long', optional: false }) as const
  const first = (name: string) => ({ name, type: 'Bool', optional: false }) as const
  return [
    ...named(sums, ({ tools, seenBy = [] }) => Object.hasOwn(tools, tool) || seenBy.includes(tool)).map((name) =>
      long(name, 'sums'),
    ),
    ...named(counts, ({ tools, seenBy = [] }) => tools.includes(tool) || seenBy.includes(tool)).map((name) =>
      long(name, 'counts'),
    ),
    ...(uses.includes(tool)
      ? [
          first('firstUse'),
          ...(hasResource ? [first('firstUseOfResource')] : []),
          { name: 'secondsSinceUse', type: 'Long', optional: true } as const,
        ]
      : []),
    ...(anomaly?.tools.includes(tool) ? [long('anomaly')] : []),
  ]
}

function named<Rule>(rules: Readonly<Record<string, Rule>>, holds: (rule: Rule) => boolean): readonly string[] {
  return Object.keys(rules)
    .filter((name) => {
      const rule = rules[name]
      return rule !== undefined && holds(rule)
    })
    .sort()
}
