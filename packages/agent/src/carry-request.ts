import { LockstepError } from '@lockstep/core'
import { createBudget } from './budget.ts'
import { type Demand, readDemand } from './demand.ts'
import { TokenExchangeRefused } from './exchange-refused.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { type ProofParts, proveRequest } from './prove-request.ts'
import type { Met, Remedies, Stopped } from './remedies.ts'
import { isEventStream, resumeStream } from './resume-stream.ts'
import type { TokenKeeper } from './token-keeper.ts'
import { readWhole } from './whole-answer.ts'

/** What carries requests to one server. */
export interface CarryParts extends ProofParts {
  readonly tokens: TokenKeeper
  readonly remedies: Remedies
  /** Whether the answer to a call is asked for again, with the call's key, when it was lost. */
  readonly asksAgain: boolean
  /** How often each kind of demand is met, and a lost answer asked for, for one request. */
  readonly tries: number
  /** Milliseconds that a call waits, all together, while the server is busy with it. */
  readonly patience: number
}

/** What a call uses up: whoever obtains it anew for a call that may have happened lets it happen again. */
const CONSENTS: ReadonlySet<string> = new Set(['txn-token', 'approval', 'page'])

/**
 * Sends one request until it is answered: meets what refusals demand and sends it again, each kind of demand at most `tries` times, with a
 * fresh proof every time. A refusal that cannot be met is the answer.
 *
 * Throws TokenExchangeRefused, LockstepError `agent.token-unusable`, `agent.redirected`, and `agent.answer-lost` for a call whose answer did
 * not arrive; rejects as `fetch` does for any other request.
 *
 * INVARIANT: the idempotency key of a call is the same in every attempt, and without one nothing is sent again after the connection broke:
 * what was refused had no effect, but what was not answered may have had one.
 */
export async function carryRequest(
  parts: CarryParts,
  request: OutgoingRequest,
  idempotencyKey: string | undefined,
): Promise<Response> {
  const { tokens, remedies } = parts
  const { call, signal, text, url } = request
  const keyed: Record<string, string> = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  const resends = parts.asksAgain && call !== undefined && idempotencyKey !== undefined && request.repeatable
  const ownTxnToken = request.headers.has('txn-token')
  const budget = createBudget({ tries: parts.tries, patience: parts.patience, signal })
  let txnToken: string | undefined
  let lost = false
  let approved = false
  /** The request as it is sent next: with the answers of pages, once there are some. */
  let next = request
  /** Whether a call that was never answered had all that it needed: it may have used that up, and to obtain it anew could repeat it. */
  let uncertain = false

  const send: typeof fetch = async (input, init) => {
    lost = true
    const response = await parts.send(input, init)
    lost = false
    return response
  }
  const askAgain = async (cause: unknown): Promise<void> => {
    signal?.throwIfAborted()
    if (!resends || !budget.spend('loss')) throw new LockstepError('agent.answer-lost', undefined, { cause })
    await budget.afterLoss()
  }

  const travel = async (): Promise<Response> => {
    let given: Met = {}
    for (;;) {
      signal?.throwIfAborted()
      const token = given.token ?? (await tokens.current(signal))
      given = {}
      const stopped = { token, url, call, text, signal }
      let answer: Response | undefined
      let refused: TokenExchangeRefused | undefined
      lost = false
      try {
        if (!ownTxnToken) txnToken ??= await remedies.txnTokenFor(stopped)
        const beside = { ...keyed, ...(txnToken === undefined ? {} : { 'txn-token': txnToken }) }
        answer = await proveRequest({ ...parts, send }, next, token, beside)
        lost = resends
        if (resends) answer = await readWhole(answer)
      } catch (error) {
        if (error instanceof TokenExchangeRefused) refused = error
        else if (!lost || !call) throw error
        else {
          uncertain ||= approved || txnToken !== undefined
          await askAgain(error)
          continue
        }
      }
      const demand = refused
        ? refused.demand
        : answer && (await readDemand(answer, call !== undefined && remedies.leads))
      const met = demand && request.repeatable ? await meet(demand, stopped) : undefined
      if (!demand || !met) {
        if (answer) return answer
        throw refused
      }
      given = met
      // A state counts once, so whatever is sent next has that of the last answer, or none. An access token is refused before a state counts.
      if (met.body !== undefined) next = { ...request, init: { ...request.init, body: met.body } }
      else if (demand.kind !== 'token') next = request
      await answer?.body?.cancel()
      // A running call keeps its transaction token; after anything else the token may be used up, expired or outdated.
      if (demand.kind !== 'wait') txnToken = undefined
    }
  }
  const meet = async (demand: Demand, stopped: Stopped): Promise<Met | undefined> => {
    if (demand.kind === 'wait') return call && (await budget.whileBusy(demand.ms)) ? {} : undefined
    if (demand.kind === 'txn-token' && ownTxnToken) return undefined
    if (uncertain && CONSENTS.has(demand.kind)) return undefined
    const met = budget.spend(demand.kind === 'page' ? `page: ${demand.of}` : demand.kind)
      ? await remedies.meet(demand, stopped)
      : undefined
    approved ||= (demand.kind === 'approval' || demand.kind === 'page') && met !== undefined
    return met
  }

  const answer = await travel()
  if (!resends || !isEventStream(answer)) return answer
  return resumeStream(answer, call.id, async (cause) => {
    uncertain ||= approved || txnToken !== undefined
    await askAgain(cause)
    return travel()
  })
}
