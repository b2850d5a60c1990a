import {
  type Clock,
  type Denial,
  digest,
  type HistoryRules,
  isJsonObject,
  type JsonObject,
  type Outcome,
  refuseUnknownOptions,
  type SpendingAnswer,
  type SpendingReservation,
  type SpendingStore,
  type ToolCall,
} from '@lockstep/core'
import { askPort } from '../ask-port.ts'
import type { KnownCall } from '../decide-call.ts'
import { deny } from '../deny.ts'
import { askScore } from './ask-score.ts'
import { isArgued, readAmount } from './read-amount.ts'
import { counterKey, planTools, type ToolPlan, windowOf } from './tool-plan.ts'

/** What the history of calls needs. */
export interface CallHistoryOptions {
  readonly rules: HistoryRules
  readonly store: SpendingStore
  readonly clock: Clock
}

/** What a call was measured by. */
export interface Measured {
  /** `context.history`: sums and counts with this call in them. */
  readonly told: JsonObject
  /** What the call takes if it runs, on the grounds of what was read. */
  reservation(call: string, expiresAt: number): SpendingReservation
}

/** The history of calls that policies decide on. */
export interface CallHistory {
  readonly store: SpendingStore
  /** What is wrong with the amounts among the arguments, before anything is read: `invocation.arguments-invalid`. */
  refuse(call: Pick<ToolCall, 'tool' | 'arguments'>): Denial | undefined
  /** Reads what counts for a call. `undefined` for a tool that no rule names: nothing was asked. Rejects as the store does. */
  measure(known: Omit<KnownCall, 'visible'>): Promise<Outcome<Measured | undefined>>
  /**
   * The same for a call that nobody made, after calls that nobody made: what `before` names is told as it stands there, and everything else as
   * of somebody who never did anything. The store is not asked.
   */
  suppose(known: Omit<KnownCall, 'visible'>, before: JsonObject): Promise<Outcome<Measured | undefined>>
}

const DEFAULT_REMEMBER = '90 days'
const HOUR = 'hour:'

/** Creates the history of calls. Throws `TypeError` for rules that cannot be meant. */
export function createCallHistory(options: CallHistoryOptions): CallHistory {
  refuseUnknownOptions(options, ['rules', 'store', 'clock'], 'createCallHistory')
  const { rules, store, clock } = options
  const plans = planTools(rules)
  const remember = windowOf(rules.remember ?? DEFAULT_REMEMBER)

  const refuse: CallHistory['refuse'] = ({ tool, arguments: args }) => {
    for (const { adds } of plans.get(tool)?.counters ?? []) {
      const read = typeof adds === 'object' && isArgued(adds) ? readAmount(adds, args, undefined) : undefined
      if (read && 'problem' in read) return { code: 'invocation.arguments-invalid', detail: read.problem }
    }
    return undefined
  }

  const measure = async (
    read: SpendingStore['read'],
    plan: ToolPlan,
    known: Omit<KnownCall, 'visible'>,
  ): Promise<Outcome<Measured>> => {
    const { caller, call, resource } = known
    const key = { issuer: caller.subject.issuer, subject: caller.subject.id, actor: caller.actor.id }
    const about = resource.type === 'Tool' ? undefined : { type: resource.type, id: resource.id }
    const amounts: number[] = []
    for (const { adds } of plan.counters) {
      const found = typeof adds === 'object' ? readAmount(adds, call.arguments, resource) : { amount: adds }
      // What is wrong with a stored amount is not told: it would tell that there is such a resource.
      if ('problem' in found) return deny({ code: 'invocation.denied' })
      amounts.push(found.amount)
    }

    const at = Math.floor(clock())
    const counters = plan.counters.map((counter) => ({ counter: counterKey(counter, key), window: counter.window }))
    const toolName = `tool:${digest(call.tool)}`
    const resourceName = about && `resource:${digest([call.tool, about.type, about.id])}`
    const names = [toolName, ...(resourceName === undefined ? [] : [resourceName])]
    const of = digest(['uses', key.issuer, key.subject, key.actor])
    const isRemembered = plan.tellsUses || plan.isScored
    const answer = await askPort('state.unavailable', () =>
      read({
        at,
        counters,
        uses: isRemembered ? { of, names, prefix: plan.isScored ? HOUR : undefined, since: at - remember } : undefined,
      }),
    )
    const sums = answer.spent.map(({ amount }, index) => amount + (amounts[index] ?? 0))
    // Beyond this no sum is exact, so none is permitted.
    if (sums.length !== counters.length || !sums.every(Number.isSafeInteger)) return deny({ code: 'invocation.denied' })

    const use = (name: string | undefined) => answer.uses.find((one) => one.name === name)
    const [toolUse, resourceUse] = [use(toolName), use(resourceName)]
    const scored = plan.isScored
      ? await askScore(rules.anomaly ?? {}, {
          ...{ caller: key, tool: call.tool, resource: about, at, toolUse, resourceUse },
          hours: hoursOf(answer),
        })
      : undefined
    if (scored && 'denial' in scored) return deny(scored.denial)
    const told = {
      ...group('sums', plan, sums),
      ...group('counts', plan, sums),
      ...(plan.tellsUses
        ? {
            firstUse: toolUse === undefined,
            ...(about ? { firstUseOfResource: resourceUse === undefined } : {}),
            ...(toolUse ? { secondsSinceUse: Math.max(0, Math.floor((at - toolUse.last) / 1000)) } : {}),
          }
        : {}),
      ...(scored ? { anomaly: scored.score } : {}),
    }
    const used = [...names, ...(plan.isScored ? [`${HOUR}${Math.floor(at / 3_600_000)}`] : [])]
    return {
      ok: true,
      value: {
        told,
        reservation: (id, expiresAt) => ({
          ...{ call: id, at, expiresAt },
          amounts: counters.map((counter, index) => ({
            ...counter,
            amount: amounts[index] ?? 0,
            last: answer.spent[index]?.last,
          })),
          ...(isRemembered ? { uses: { of, names: used, remember } } : {}),
        }),
      },
    }
  }

  return {
    store,
    refuse,
    async measure(known) {
      const plan = plans.get(known.call.tool)
      return plan ? measure((question) => store.read(question), plan, known) : { ok: true, value: undefined }
    },
    async suppose(known, before) {
      const plan = plans.get(known.call.tool)
      if (!plan) return { ok: true, value: undefined }
      const measured = await measure(readNothing, plan, known)
      return measured.ok
        ? { ok: true, value: { ...measured.value, told: over(measured.value.told, before) } }
        : measured
    },
  }
}

const readNothing: SpendingStore['read'] = async ({ counters }) => ({
  spent: counters.map(({ counter }) => ({ counter, amount: 0 })),
  uses: [],
})

/** One over the other, and the members of their groups alike. */
function over(told: JsonObject, before: JsonObject): JsonObject {
  const groups = (['sums', 'counts'] as const).flatMap((name) => {
    const [own, given] = [told[name], before[name]]
    return isJsonObject(own) && isJsonObject(given) ? [[name, { ...own, ...given }] as const] : []
  })
  return { ...told, ...before, ...Object.fromEntries(groups) }
}

function group(name: 'sums' | 'counts', { counters }: ToolPlan, values: readonly number[]): JsonObject {
  const kind = name === 'sums' ? 'sum' : 'count'
  const own = counters.flatMap((counter, index) =>
    counter.kind === kind ? [[counter.name, values[index] ?? 0] as const] : [],
  )
  return own.length === 0 ? {} : { [name]: Object.fromEntries(own) }
}

function hoursOf({ uses }: SpendingAnswer): readonly { readonly hour: number; readonly calls: number }[] {
  return uses
    .filter(({ name }) => name.startsWith(HOUR))
    .map(({ name, times }) => ({ hour: Number(name.slice(HOUR.length)), calls: times }))
}
