import { type AuthorizedCall, type Caller, CODES, isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import type { SentPlan } from '@lockstep/execution/egress'
import type { Approvals } from '@lockstep/invocation'
import type { Exchange } from '../exchange.ts'
import type { Released } from '../release.ts'
import { draftAsk } from './draft-ask.ts'
import type { AskMethod } from './read-answer.ts'
import { type ReleaseDraftParts, releaseDraft } from './release-draft.ts'
import type { RoundStates } from './round-states.ts'
import type { ToolRound } from './tool-round.ts'

/** The call of a round, and what is known of it. */
export interface AskingCall {
  readonly call: AuthorizedCall
  readonly caller: Caller
  /** The params that its client sent: with this revision they name what the client can be asked for. */
  readonly params: JsonObject
  readonly transaction: Exchange['transaction']
  /** The round that this one follows. */
  readonly before: ToolRound | undefined
}

/** Releases results of handlers that require input. */
export interface Rounds extends Pick<RoundStates, 'read' | 'use'> {
  /** What leaves of such a result: what was asked, as far as all of it may be, and a sealed state; undefined for any other result. */
  release(asking: AskingCall, outbound: JsonObject): Promise<Released | undefined>
  /** Whether a tool may ask for anything, so that a state which is none of ours is no state of nothing. */
  asks(tool: string): boolean
}

/** What opening rounds needs. */
export interface OpenRoundsParts extends ReleaseDraftParts {
  readonly planOf: (tool: string) => SentPlan | undefined
  readonly states: RoundStates
  readonly approvals: Pick<Approvals, 'recall'> | undefined
}

const MOST_ASKED = 16
const MOST_ROUNDS = 16
/** Characters of a server's own state. */
const LONGEST_STATE = 16_384
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'

/** Creates them. A round of which anything may not leave does not leave: its handler would be answered as if it had asked less. */
export function createRounds(parts: OpenRoundsParts): Rounds {
  const { planOf, states, approvals } = parts

  const releaseAsked = async ({ call, params }: AskingCall, given: readonly (readonly [string, JsonValue])[]) => {
    const plan = planOf(call.tool)
    const asked: Record<string, { key: string; method: AskMethod }> = {}
    const inputRequests: Record<string, JsonValue> = {}
    for (const [at, [key, request]] of given.entries()) {
      const { method, params: about } = isJsonObject(request) ? request : {}
      const wanted = { method: method as AskMethod, params: isJsonObject(about) ? about : {} }
      if (!plan || !isAble(params, wanted)) return undefined
      const draft = draftAsk(wanted, { plan, call, read: parts.read, id: '' })
      const left = draft && (await releaseDraft(parts, call, draft))
      if (!left) return undefined
      // Names of a handler's own could say anything.
      const name = `input-${at + 1}`
      const { elicitationId: _, ...shown } = left
      asked[name] = { key, method: wanted.method }
      inputRequests[name] = { method: wanted.method, ...(method === 'roots/list' ? {} : { params: shown }) }
    }
    return { asked, inputRequests }
  }

  const release: Rounds['release'] = async (asking, { id = null, result }) => {
    if (!isJsonObject(result) || result.resultType !== 'input_required') return undefined
    const { call, caller, transaction, before } = asking
    const { inputRequests, requestState } = result
    const given = isJsonObject(inputRequests) ? Object.entries(inputRequests) : []
    const number = (before?.number ?? 0) + 1
    const isState = typeof requestState === 'string' && requestState.length <= LONGEST_STATE
    const fits = (requestState === undefined ? given.length > 0 : isState) && given.length <= MOST_ASKED
    const left = fits && number <= MOST_ROUNDS ? await releaseAsked(asking, given) : undefined
    if (!left) return unbound(id)
    const approval = call.approval && (before?.approval ?? (await approvals?.recall(call.approval.id)))
    const state = await states.issue(caller, call, {
      number,
      asked: left.asked,
      ...(isState ? { state: requestState } : {}),
      ...(approval ? { approval } : {}),
      ...(call.history ? { measured: call.history } : {}),
      ...((transaction ?? before?.transaction) ? { transaction: transaction ?? before?.transaction } : {}),
      ...(call.resourceDigest === undefined ? {} : { resourceDigest: call.resourceDigest }),
    })
    const requests = given.length > 0 ? { inputRequests: left.inputRequests } : {}
    const asked = { resultType: 'input_required', ...requests, requestState: state }
    return {
      message: { jsonrpc: '2.0', id, result: asked },
      failed: false,
      withheld: { asks: given.length, round: number },
      labels: [],
    }
  }
  return {
    read: states.read,
    use: states.use,
    release,
    asks(tool) {
      const { form, page, sampling, roots } = planOf(tool) ?? {}
      return Boolean(form || page || sampling || roots)
    },
  }
}

/** Whether the client said that it can be asked for this. */
function isAble(
  { _meta: meta }: JsonObject,
  { method, params }: { readonly method: unknown; readonly params: JsonObject },
) {
  const able = isJsonObject(meta) ? meta[CAPABILITIES] : undefined
  if (!isJsonObject(able)) return false
  if (method === 'sampling/createMessage') return isJsonObject(able.sampling)
  if (method === 'roots/list') return isJsonObject(able.roots)
  if (method !== 'elicitation/create' || !isJsonObject(able.elicitation)) return false
  const { form, url } = able.elicitation
  // `elicitation: {}` alone is for forms.
  return params.mode === 'url' ? isJsonObject(url) : isJsonObject(form) || url === undefined
}

function unbound(id: JsonValue): Released {
  const code = 'execution.message-unbound'
  const { says, fix } = CODES[code]
  const message = { jsonrpc: '2.0', id, error: { code: -32603, message: says, data: { code, fix } } }
  return { message, failed: true, withheld: {}, labels: [], code }
}
