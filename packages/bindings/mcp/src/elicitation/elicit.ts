import { type Caller, CODES, type Denial, isJsonObject, type JsonObject } from '@lockstep/core'
import type { Answer } from '../answer.ts'
import type { InboundMessage } from '../message.ts'
import type { ShownCall } from '../signing-in/sign-in-request.ts'
import type { RoundCall } from './call-binding.ts'
import type { ClientBook } from './client-abilities.ts'
import type { Completions } from './completions.ts'
import type { SignInPages } from './lead-to-sign-in.ts'
import type { RequestStates, RoundKind } from './request-state.ts'

/** A later round of a call: its client was sent to a page before. */
export interface Round {
  /** Whether its person agreed to open the page that it was sent to last. */
  readonly accepted: boolean
  /** What it was sent to pages for by now, the last one last. */
  readonly led: readonly RoundKind[]
}

/** What `createElicitation` needs. */
export interface ElicitationOptions {
  readonly book: ClientBook
  readonly states: RequestStates
  /** The page of one approval. */
  readonly pageOf: (approval: string) => string
  /** Absent where nobody signs in on pages for a call. */
  readonly signIns?: SignInPages | undefined
  readonly completions: Pick<Completions, 'led'>
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
  /** Whether the person has signed in for the call by now, where that is what the round was for. */
  signedIn(caller: Caller, call: RoundCall, round: Round): (() => Promise<boolean>) | undefined
  /**
   * What sends the client to the page that a denial needs; undefined where the client cannot, or was sent there before, or no page would help.
   *
   * @param round the round that the call continues, if it does
   */
  offer(
    caller: Caller,
    message: InboundMessage,
    call: ShownCall,
    denial: Denial,
    round: Round | undefined,
  ): Promise<Answer | undefined>
}

/** A page that would help, and what a client is told of it. */
interface Offered {
  readonly kind: RoundKind
  readonly id: string
  readonly url: string
  readonly unlock: JsonObject
}

const URL_ELICITATION_REQUIRED = -32042
const MESSAGES: Readonly<Record<RoundKind, string>> = {
  approval:
    'Another person has to consent to this call. The page shows what is waiting, and to whom it can be sent on; sign in there to see it.',
  signIn:
    'This call needs a stronger or a fresher sign-in. Sign in on the page, look at the call there, and let it go on.',
}

/**
 * Creates what phrases a missing consent, or a missing sign-in, by the protocol's own means: a result that requires input with sealed state (2026-07-28),
 * or the error `-32042` (2025-11-25). Nobody is sent to the same kind of page twice for one call: what a retry lacks still is answered by the error that everybody
 * understands.
 */
export function createElicitation({ book, states, pageOf, signIns, completions }: ElicitationOptions): Elicitation {
  const pageFor = async (caller: Caller, call: ShownCall, denial: Denial): Promise<Offered | undefined> => {
    const { approval } = denial.code === 'invocation.approval-required' ? (denial.unlock ?? {}) : {}
    if (approval) {
      return { kind: 'approval', id: approval.id, url: pageOf(approval.id), unlock: { approval: { id: approval.id } } }
    }
    const page = await signIns?.lead(caller, call, denial)
    return page && { kind: 'signIn', ...page }
  }

  return {
    learn: book.learn,
    async resume(caller, { params }, call) {
      const { requestState, inputResponses } = params
      if (requestState === undefined) return { ok: true, value: undefined }
      const used = await states.use(requestState, caller, call)
      if (!used.ok) return used
      const led = used.value
      const response = isJsonObject(inputResponses) ? inputResponses[led.at(-1) ?? ''] : undefined
      return { ok: true, value: { accepted: isJsonObject(response) && response.action === 'accept', led } }
    },
    signedIn(caller, call, { led }) {
      return signIns && led.at(-1) === 'signIn' ? () => signIns.hasSignedIn(caller, call) : undefined
    },
    async offer(caller, message, call, denial, round) {
      const ability = book.abilityOf(caller, message)
      // A state that did not count is no round: whoever sends one is not led anywhere.
      if (ability === 'none' || (message.params.requestState !== undefined && !round)) return undefined
      const page = await pageFor(caller, call, denial)
      if (!page || round?.led.includes(page.kind)) return undefined
      const { kind, id, url, unlock } = page
      const { says, fix } = CODES[denial.code]
      const data = { code: denial.code, fix, unlock }
      const asked = { mode: 'url', url, message: MESSAGES[kind] }
      if (ability === 'error') {
        completions.led(caller, id)
        const elicitations = [{ ...asked, elicitationId: id }]
        const error = { code: URL_ELICITATION_REQUIRED, message: says, data: { ...data, elicitations } }
        return answer({ jsonrpc: '2.0', id: message.id, error })
      }
      const result = {
        resultType: 'input_required',
        inputRequests: { [kind]: { method: 'elicitation/create', params: asked } },
        requestState: await states.issue(caller, call, [...(round?.led ?? []), kind]),
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
