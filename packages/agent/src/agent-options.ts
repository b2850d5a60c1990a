import { type Clock, refuseUnknownOptions, systemClock } from '@lockstep/core'
import type { ProofKey } from '@lockstep/tokens'
import type { ChooseKey } from './idempotency-key.ts'
import { createNonceBook, type NonceBook } from './nonce-book.ts'
import { ANSWER_WITHIN } from './prove-request.ts'
import type { Callbacks, TxnTokenSource } from './remedies.ts'
import type { AccessTokenSource } from './token-keeper.ts'

/** How an agent's requests are proved, and what it does about refusals. */
export interface AgentFetchOptions extends Callbacks {
  /** The key that the access token is bound to. */
  readonly key: ProofKey
  /** The access token, or where to get the current one. */
  readonly accessToken: string | AccessTokenSource
  /**
   * The server that the token is for, as a URL; only its origin counts. Requests to other origins go without credentials.
   * @defaultValue the origin of the first request
   */
  readonly resource?: string | URL | undefined
  /** Sent with every request to the resource. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Obtains a transaction token for a call that needs one. @defaultValue none is obtained */
  readonly txnTokens?: TxnTokenSource | undefined
  /** The `Idempotency-Key` of a call that has none; `none` leaves calls without. @defaultValue a random one for each call */
  readonly idempotencyKey?: ChooseKey | 'none' | undefined
  /**
   * What happens when the connection ends before the answer to a call: `reject`, or `ask-again` with the same key. Ask again only where
   * every tool is enforced: a server that observes, or knows no keys, would run the call a second time.
   * @defaultValue `reject`
   */
  readonly lostAnswers?: 'reject' | 'ask-again' | undefined
  /** How often each kind of demand is met for one request: 1 to 5. @defaultValue 1 */
  readonly tries?: number | undefined
  /** Milliseconds until the head of each answer must be there. @defaultValue 60000 */
  readonly timeout?: number | undefined
  /** Milliseconds that a call waits while the server still runs it under the same key. @defaultValue 30000 */
  readonly patience?: number | undefined
  /** Remembers DPoP nonces, also for others. @defaultValue a book of its own */
  readonly nonces?: NonceBook | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const KEYS = [
  ...['key', 'accessToken', 'resource', 'headers', 'txnTokens', 'idempotencyKey', 'lostAnswers', 'tries'],
  ...['timeout', 'patience', 'nonces', 'fetch', 'clock', 'onStepUp', 'onScope', 'onApproval', 'onPage'],
]

/** Checks the options and fills in what they leave out. Throws `TypeError`. */
export function readAgentOptions(options: AgentFetchOptions) {
  refuseUnknownOptions(options, KEYS, 'createAgentFetch()')
  const { lostAnswers = 'reject', tries = 1, timeout = ANSWER_WITHIN, patience = 30_000, txnTokens } = options
  const { onStepUp, onScope, onApproval, onPage } = options
  if (lostAnswers !== 'reject' && lostAnswers !== 'ask-again') {
    throw new TypeError('`lostAnswers` expected `reject` or `ask-again`')
  }
  if (!Number.isInteger(tries) || tries < 1 || tries > 5) throw new TypeError('`tries` expected 1 to 5')
  if (!(timeout > 0 && timeout <= 2 ** 31 - 1)) throw new TypeError('`timeout` expected milliseconds above 0')
  if (!(patience >= 0 && patience <= 3_600_000)) throw new TypeError('`patience` expected at most an hour')
  const resource = options.resource === undefined ? undefined : new URL(options.resource).origin
  if (txnTokens) checkTxnTokens(txnTokens, resource)
  return {
    key: options.key,
    accessToken: options.accessToken,
    resource,
    headers: options.headers ?? {},
    txnTokens,
    idempotencyKey: options.idempotencyKey,
    asksAgain: lostAnswers === 'ask-again',
    tries,
    timeout,
    patience,
    nonces: options.nonces ?? createNonceBook(),
    send: options.fetch ?? fetch,
    clock: options.clock ?? systemClock,
    callbacks: { onStepUp, onScope, onApproval, onPage },
  }
}

function checkTxnTokens({ endpoint, when = 'demanded', ...rest }: TxnTokenSource, resource: string | undefined): void {
  refuseUnknownOptions(rest, ['trustDomain', 'scope'], '`txnTokens`')
  if (when !== 'demanded' && when !== 'always') {
    throw new TypeError('`txnTokens.when` expected `demanded` or `always`')
  }
  // INVARIANT: the access token leaves for one origin only.
  if (endpoint !== undefined && (resource === undefined || new URL(endpoint, resource).origin !== resource)) {
    throw new TypeError('`txnTokens.endpoint` expected a URL of the same origin as `resource`')
  }
}
