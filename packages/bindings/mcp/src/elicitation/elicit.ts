import { type Caller, CODES, type Denial, isJsonObject, type JsonObject } from '@lockstep/core'
import type { Answer } from '../answer.ts'
import type { InboundMessage } from '../message.ts'
import type { ClientBook } from './client-abilities.ts'
import type { RequestStates, RoundCall } from './request-state.ts'

/** A later round of a call: its client was sent to the page before. */
export interface Round {
  /** Whether its person agreed to open the page. */
  readonly accepted: boolean
}

/** What `createElicitation` needs. */
export interface ElicitationOptions {
  readonly book: ClientBook
  readonly states: RequestStates
  /** The page of one approval. */
  readonly pageOf: (approval: string) => string
}

/** Leads people to pages through their clients. */
export interface Elicitation {
  learn: ClientBook['learn']
  /** The round that a call continues, if it does; its state is used up by this. */
  resume(
    caller: Caller,
    message: InboundMessage,
    call: RoundCall,
  ): Promise<{ readonly ok: true; readonly value: Round | undefined } | { readonly ok: false; readonly denial: Denial }>
  /** What sends the client to the page that a denial needs; undefined where the client cannot, or was sent before, or no page would help. */
  offer(caller: Caller, message: InboundMessage, call: RoundCall, denial: Denial): Promise<Answer | undefined>
}

/** The name of the one request in a result, and of the response to it. */
const INPUT = 'approval'
const URL_ELICITATION_REQUIRED = -32042
const MESSAGE =
  'Another person has to consent to this call. The page shows what is waiting, and to whom it can be sent on; sign in there to see it.'

/**
 * Creates what phrases a missing consent by the protocol's own means: a result that requires input with sealed state (2026-07-28), or the error
 * `-32042` (2025-11-25). Nobody is sent twice for one call: what a retry lacks still is answered by the error that everybody understands.
 */
export function createElicitation({ book, states, pageOf }: ElicitationOptions): Elicitation {
  return {
    learn: book.learn,
    async resume(caller, { params }, call) {
      const { requestState, inputResponses } = params
      if (requestState === undefined) return { ok: true, value: undefined }
      const denial = await states.use(requestState, caller, call)
      if (denial) return { ok: false, denial }
      const response = isJsonObject(inputResponses) ? inputResponses[INPUT] : undefined
      return { ok: true, value: { accepted: isJsonObject(response) && response.action === 'accept' } }
    },
    async offer(caller, message, call, denial) {
      const approval = denial.code === 'invocation.approval-required' ? denial.unlock?.approval?.id : undefined
      if (approval === undefined || message.params.requestState !== undefined) return undefined
      const ability = book.abilityOf(caller, message)
      if (ability === 'none') return undefined
      const { says, fix } = CODES[denial.code]
      const data = { code: denial.code, fix, unlock: { approval: { id: approval } } }
      const asked = { mode: 'url', url: pageOf(approval), message: MESSAGE }
      if (ability === 'error') {
        const elicitations = [{ ...asked, elicitationId: approval }]
        const error = { code: URL_ELICITATION_REQUIRED, message: says, data: { ...data, elicitations } }
        return answer({ jsonrpc: '2.0', id: message.id, error })
      }
      const result = {
        resultType: 'input_required',
        inputRequests: { [INPUT]: { method: 'elicitation/create', params: asked } },
        requestState: await states.issue(caller, call),
        _meta: { 'lockstep/denial': data },
      }
      return answer({ jsonrpc: '2.0', id: message.id, result })
    },
  }
}

/** INVARIANT: status 200. Clients read JSON-RPC out of no other: with 403 the older ones would never see the error's code. */
function answer(body: JsonObject): Answer {
  return { status: 200, headers: { 'cache-control': 'no-store' }, body }
}
