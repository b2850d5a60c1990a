import { type AmountSource, type CountedFor, digest, type HistoryRules, readWindow } from '@lockstep/core'

/** One sum or count that a call of a tool adds to. */
export interface PlannedCounter {
  readonly kind: 'sum' | 'count'
  readonly name: string
  /** Milliseconds. */
  readonly window: number
  readonly per: CountedFor
  /** What a call adds: nothing where it is only looked at, one where calls are counted, else the amount that stands there. */
  readonly adds: 0 | 1 | { readonly source: AmountSource; readonly currency: string }
}

/** What is asked and remembered of calls of one tool. */
export interface ToolPlan {
  readonly counters: readonly PlannedCounter[]
  /** Whether policies are told when the tool was used before. */
  readonly tellsUses: boolean
  /** Whether calls are scored. */
  readonly isScored: boolean
}

/**
 * Works out what each tool is remembered by. A tool that no rule names has no plan: nothing is asked and nothing kept for it.
 *
 * @throws TypeError for a window that is none
 */
export function planTools({ sums = {}, counts = {}, uses = [], anomaly }: HistoryRules): ReadonlyMap<string, ToolPlan> {
  const counters = new Map<string, PlannedCounter[]>()
  const add = (tool: string, counter: PlannedCounter) =>
    void counters.set(tool, [...(counters.get(tool) ?? []), counter])
  for (const [name, { window, per, currency, tools, seenBy = [] }] of Object.entries(sums)) {
    const about = { kind: 'sum', name, window: windowOf(window), per } as const
    for (const [tool, source] of Object.entries(tools)) add(tool, { ...about, adds: { source, currency } })
    for (const tool of new Set(seenBy)) if (!Object.hasOwn(tools, tool)) add(tool, { ...about, adds: 0 })
  }
  for (const [name, { window, per, tools, seenBy = [] }] of Object.entries(counts)) {
    const about = { kind: 'count', name, window: windowOf(window), per } as const
    for (const tool of new Set(tools)) add(tool, { ...about, adds: 1 })
    for (const tool of new Set(seenBy)) if (!tools.includes(tool)) add(tool, { ...about, adds: 0 })
  }
  const scored = anomaly?.tools ?? []
  const tools = new Set([...counters.keys(), ...uses, ...scored])
  return new Map(
    [...tools].map((tool) => [
      tool,
      { counters: counters.get(tool) ?? [], tellsUses: uses.includes(tool), isScored: scored.includes(tool) },
    ]),
  )
}

/** The name of a counter in the store. The parts cannot run into each other, and it shows nobody's name. */
export function counterKey(
  { kind, name, per }: PlannedCounter,
  { issuer, subject, actor }: { readonly issuer: string; readonly subject: string; readonly actor: string },
): string {
  const whose = {
    subject: [issuer, subject],
    // Whatever issuer told of it: an agent does not get a second budget at another one.
    actor: [actor],
    'subject+actor': [issuer, subject, actor],
  }[per]
  return digest([kind, name, per, ...whose])
}

/** A span of the configuration in milliseconds. Throws `TypeError`. */
export function windowOf(text: string): number {
  const ms = readWindow(text)
  if (ms === undefined) throw new TypeError('a window must be like `24 hours`, and at most 366 days')
  return ms
}
