import { LockstepError } from '@lockstep/core'
import { type Demand, readDemand } from './demand.ts'
import { TokenExchangeRefused } from './exchange-refused.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { pause } from './pause.ts'
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

/** Milliseconds before the first time that something is asked for again; twice as long before each further time. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 5_000

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
  const { tokens, remedies, tries } = parts
  const { call, signal, url } = request
  const keyed: Record<string, string> = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
  const resends = parts.asksAgain && call !== undefined && idempotencyKey !== undefined && request.repeatable
  const ownTxnToken = request.headers.has('txn-token')
  const times = new Map<Demand['kind'] | 'loss', number>()
  let txnToken: string | undefined
  let waited = 0
  let lost = false

  const send: typeof fetch = async (input, init) => {
    lost = true
    const response = await parts.send(input, init)
    lost = false
    return response
  }
  const once = (kind: Demand['kind'] | 'loss'): boolean => {
    const turn = (times.get(kind) ?? 0) + 1
    times.set(kind, turn)
    return turn <= tries
  }
  const askAgain = async (cause: unknown): Promise<void> => {
    signal?.throwIfAborted()
    if (!resends || !once('loss')) throw new LockstepError('agent.answer-lost', undefined, { cause })
    await pause(FIRST_PAUSE * 2 ** ((times.get('loss') ?? 1) - 1), signal)
  }
  const waitFor = async ({ ms }: { readonly ms?: number }): Promise<Met | undefined> => {
    const turn = times.get('wait') ?? 0
    times.set('wait', turn + 1)
    const longest = Math.min(parts.patience - waited, LONGEST_PAUSE)
    if (longest < FIRST_PAUSE) return undefined
    const length = Math.min(Math.max(ms ?? FIRST_PAUSE * 2 ** turn, FIRST_PAUSE), longest)
    waited += length
    await pause(length, signal)
    return {}
  }

  const travel = async (): Promise<Response> => {
    let given: Met = {}
    for (;;) {
      signal?.throwIfAborted()
      const token = given.token ?? (await tokens.current(signal))
      given = {}
      const stopped = { token, url, call, signal }
      let answer: Response | undefined
      let refused: TokenExchangeRefused | undefined
      lost = false
      try {
        if (!ownTxnToken) txnToken ??= await remedies.txnTokenFor(stopped)
        const beside = { ...keyed, ...(txnToken === undefined ? {} : { 'txn-token': txnToken }) }
        answer = await proveRequest({ ...parts, send }, request, token, beside)
        lost = resends
        if (resends) answer = await readWhole(answer)
      } catch (error) {
        if (error instanceof TokenExchangeRefused) refused = error
        else if (!lost || !call) throw error
        else {
          await askAgain(error)
          continue
        }
      }
      const demand = refused ? refused.demand : answer && (await readDemand(answer))
      const met = demand && request.repeatable ? await meet(demand, stopped) : undefined
      if (!demand || !met) {
        if (answer) return answer
        throw refused
      }
      given = met
      await answer?.body?.cancel()
      // A running call keeps its transaction token; after anything else the token may be used up, expired or outdated.
      if (demand.kind !== 'wait') txnToken = undefined
    }
  }
  const meet = async (demand: Demand, stopped: Stopped): Promise<Met | undefined> => {
    if (demand.kind === 'wait') return call && waitFor(demand)
    if (demand.kind === 'txn-token' && ownTxnToken) return undefined
    return once(demand.kind) ? remedies.meet(demand, stopped) : undefined
  }

  const answer = await travel()
  if (!resends || !isEventStream(answer)) return answer
  return resumeStream(answer, call.id, async (cause) => {
    await askAgain(cause)
    return travel()
  })
}
