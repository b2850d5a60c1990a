import type { Clock } from '@lockstep/core'
import type { ProofKey } from '@lockstep/tokens'
import { abortable } from './abortable.ts'
import type { Demand, StepUpDemand } from './demand.ts'
import type { NonceBook } from './nonce-book.ts'
import { requestTxnToken } from './request-txn-token.ts'
import type { GrantedToken, TokenKeeper } from './token-keeper.ts'
import type { AgentCall, OutgoingCall } from './tool-call.ts'

/** A new access token, bound to the same key, or undefined when the person declined. */
export type Raised = string | GrantedToken | undefined

/** A request that waits for a second person's consent. */
export interface ApprovalDemand extends AgentCall {
  readonly id: string
  /** Where that person's own client consents by a `POST`. The agent cannot: nobody approves what they asked for. */
  readonly url: string
  /** Is aborted when the call is given up. */
  readonly signal: AbortSignal | undefined
}

/** Who is asked when a server demands more than the agent has. None of them is asked twice for one call. */
export interface Callbacks {
  /** A stronger or fresher sign-in (RFC 9470). Calls that demand the same at the same time ask once. */
  readonly onStepUp?: ((demand: Omit<StepUpDemand, 'kind'>) => Raised | Promise<Raised>) | undefined
  /** A token with these scopes, space separated: all that the operation needs. Absent, a lack of scope is an answer like any other. */
  readonly onScope?: ((demand: { readonly scope: string }) => Raised | Promise<Raised>) | undefined
  /** Resolves to `approved` once the second person consented; how it knows is its own affair. */
  readonly onApproval?: ((demand: ApprovalDemand) => Promise<'approved' | undefined>) | undefined
}

/** How transaction tokens are obtained. */
export interface TxnTokenSource {
  readonly trustDomain: string
  /** Space separated; never wider than the access token's. */
  readonly scope: string | ((call: AgentCall) => string)
  /** The service. Its origin is that of the resource, whose access token it is given. @defaultValue `/.lockstep/token` there */
  readonly endpoint?: string | URL | undefined
  /** `demanded`: for tools that refused a call without one, from then on at once. @defaultValue `demanded` */
  readonly when?: 'demanded' | 'always' | undefined
}

/** What met demands need. */
export interface RemedyParts extends Callbacks {
  readonly tokens: TokenKeeper
  readonly txnTokens: TxnTokenSource | undefined
  readonly key: ProofKey
  readonly nonces: NonceBook
  readonly send: typeof fetch
  readonly clock: Clock
}

/** The request that a demand stopped. */
export interface Stopped {
  /** The access token that it was sent with. */
  readonly token: string
  readonly url: URL
  readonly call: OutgoingCall | undefined
  readonly signal: AbortSignal | undefined
}

/** That a demand is met, and the access token for the next attempt where it was met by one. */
export interface Met {
  readonly token?: string
}

/** What meets the demands of one server. */
export interface Remedies {
  /** A transaction token for this very call, where one is due. Rejects with TokenExchangeRefused. */
  txnTokenFor(stopped: Stopped): Promise<string | undefined>
  /** Meets the demand, so that the same request may be sent again; undefined where nothing and nobody does. */
  meet(demand: Exclude<Demand, { kind: 'wait' }>, stopped: Stopped): Promise<Met | undefined>
}

/** Creates the remedies of one fetch. */
export function createRemedies(parts: RemedyParts): Remedies {
  const { tokens, txnTokens, onStepUp, onScope, onApproval, key, nonces, send, clock } = parts
  const demanding = new Set<string>()

  return {
    async txnTokenFor({ token, url, call, signal }) {
      if (!call || !txnTokens || !(txnTokens.when === 'always' || demanding.has(call.tool))) return undefined
      const { trustDomain, scope, endpoint = '/.lockstep/token' } = txnTokens
      const { tool, arguments: args } = call
      return requestTxnToken({
        endpoint: new URL(endpoint, url),
        key,
        accessToken: token,
        trustDomain,
        scope: typeof scope === 'string' ? scope : scope({ tool, arguments: args }),
        tool,
        arguments: args,
        nonces,
        signal,
        fetch: send,
        clock,
      })
    },
    async meet(demand, { token, url, call, signal }) {
      switch (demand.kind) {
        case 'token':
          return withToken(await tokens.renew(token, signal))
        case 'step-up': {
          if (!onStepUp) return undefined
          const { kind: _, ...wanted } = demand
          return withToken(await tokens.raise(token, JSON.stringify(demand), () => onStepUp(wanted), signal))
        }
        case 'scope': {
          if (!onScope) return undefined
          const { scope } = demand
          return withToken(await tokens.raise(token, JSON.stringify(demand), () => onScope({ scope }), signal))
        }
        case 'approval': {
          if (!onApproval || !call) return undefined
          const { tool, arguments: args } = call
          const wanted = {
            id: demand.id,
            url: new URL(`/.lockstep/approvals/${demand.id}`, url).href,
            tool,
            arguments: args,
            signal,
          }
          return (await abortable(onApproval(wanted), signal)) === 'approved' ? {} : undefined
        }
        case 'txn-token':
          if (!txnTokens || !call) return undefined
          demanding.add(call.tool)
          return {}
      }
    },
  }
}

function withToken(token: string | undefined): Met | undefined {
  return token === undefined ? undefined : { token }
}
