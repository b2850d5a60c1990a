import type { Clock } from '@lockstep/core'
import type { ProofKey } from '@lockstep/tokens'
import { abortable } from './abortable.ts'
import { answerPages } from './declare-pages.ts'
import type { Demand, StepUpDemand } from './demand.ts'
import type { NonceBook } from './nonce-book.ts'
import type { AskedPage, PageDemand } from './page-demand.ts'
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

/** A page that the person of a call is to be led to. */
export interface PageVisit extends AgentCall {
  /** `https`, or on this very machine. Show the person where it leads before it is opened, and open it in their own browser. */
  readonly url: string
  /** What the server says about it. */
  readonly message: string
  /** `approval` for the consent of somebody else, `signIn` for a stronger or a fresher sign-in of their own. */
  readonly of: PageDemand['of']
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
  /**
   * Leads the person to a page (MCP, URL elicitation) and resolves to `accept` once they are there or done there; anything else means that they do not
   * want to. With it the agent tells servers that its client can do this, whichever client it is. `onStepUp` is asked rather, where it is there.
   */
  readonly onPage?: ((visit: PageVisit) => Promise<'accept' | 'decline' | undefined>) | undefined
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
  /** The body that it was first sent with, where it is text. */
  readonly text: string | undefined
  readonly signal: AbortSignal | undefined
}

/** That a demand is met, and the access token for the next attempt where it was met by one. */
export interface Met {
  readonly token?: string
  /** The body of the next attempts, where the answer goes into it. */
  readonly body?: string
}

/** What meets the demands of one server. */
export interface Remedies {
  /** Whether anything is done about pages that people are asked to open. */
  readonly leads: boolean
  /** A transaction token for this very call, where one is due. Rejects with TokenExchangeRefused. */
  txnTokenFor(stopped: Stopped): Promise<string | undefined>
  /** Meets the demand, so that the same request may be sent again; undefined where nothing and nobody does. */
  meet(demand: Exclude<Demand, { kind: 'wait' }>, stopped: Stopped): Promise<Met | undefined>
}

/** Creates the remedies of one fetch. */
export function createRemedies(parts: RemedyParts): Remedies {
  const { tokens, txnTokens, onStepUp, onScope, onApproval, onPage, key, nonces, send, clock } = parts
  const demanding = new Set<string>()

  const signInInstead = async ({ signIn }: PageDemand, { token, signal }: Stopped): Promise<Met | undefined> => {
    if (!onStepUp || !signIn) return undefined
    const { acr, maxAge } = signIn
    const wanted = { acrValues: acr === undefined ? [] : [acr], ...(maxAge === undefined ? {} : { maxAge }) }
    const demand = JSON.stringify({ kind: 'step-up', ...wanted })
    return withToken(await tokens.raise(token, demand, () => onStepUp(wanted), signal))
  }

  const lead = async (demand: PageDemand, { call, text, signal }: Stopped): Promise<Met | undefined> => {
    if (!onPage || !call || text === undefined) return undefined
    const { tool, arguments: args } = call
    const { of, pages, requestState } = demand
    const visit = async ({ url, message }: AskedPage) =>
      (await abortable(onPage({ of, url, message, tool, arguments: args, signal }), signal)) === 'accept'
    const responses: Record<string, { readonly action: string }> = {}
    for (const page of pages) {
      const accepted = await visit(page)
      // Without an answer to it, the same call again would only be led there again.
      if (page.name === undefined && !accepted) return undefined
      if (page.name !== undefined) responses[page.name] = { action: accepted ? 'accept' : 'decline' }
    }
    return Object.keys(responses).length === 0 ? {} : { body: answerPages(text, requestState, responses) }
  }

  return {
    leads: onPage !== undefined || onStepUp !== undefined,
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
    async meet(demand, stopped) {
      const { token, url, call, signal } = stopped
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
        case 'page':
          return onStepUp && demand.signIn ? signInInstead(demand, stopped) : lead(demand, stopped)
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
