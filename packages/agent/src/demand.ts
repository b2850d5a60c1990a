import { isJsonObject } from '@lockstep/core'
import { readChallenges } from './challenge.ts'
import { demandOfPages, type PageDemand } from './page-demand.ts'
import { readBounded } from './read-bounded.ts'

/** What a refusal demands before the same request may be sent again. */
export type Demand =
  /** 401 `invalid_token`: another access token. */
  | { readonly kind: 'token' }
  /** 401 `insufficient_user_authentication` (RFC 9470): a token of a stronger or fresher sign-in. */
  | StepUpDemand
  /** 403 `insufficient_scope` (RFC 6750): a token with these scopes. */
  | { readonly kind: 'scope'; readonly scope: string }
  /** 403: the consent of a second person to the request of this id. */
  | { readonly kind: 'approval'; readonly id: string }
  /** What its person does on pages, by the protocol's own means. */
  | PageDemand
  /** 403: a transaction token for exactly this call. */
  | { readonly kind: 'txn-token' }
  /** 409: the call with the same idempotency key is still running; milliseconds until it may be asked for again, if the server says. */
  | { readonly kind: 'wait'; readonly ms?: number }

/** A stronger sign-in, as a challenge asks for it. */
export interface StepUpDemand {
  readonly kind: 'step-up'
  /** In the order of preference. */
  readonly acrValues: readonly string[]
  /** The oldest sign-in that would do, in seconds. */
  readonly maxAge?: number
  /** The scopes that the new token must have, space separated. */
  readonly scope?: string
}

/** A refusal is a short JSON text; what is longer is for the reader of the answer. */
const MOST_BYTES = 65_536
const STATUSES = [401, 403, 409]
const ID = /^[A-Za-z0-9_-]{1,128}$/

/** Reads what an answer demands, and leaves the answer whole. @param leads whether anybody can be led to pages, so that answers are read for them */
export async function readDemand(response: Response, leads = false): Promise<Demand | undefined> {
  if (response.status === 200) return leads && isJson(response) ? demandOfPages(await readStart(response)) : undefined
  if (!STATUSES.includes(response.status)) return undefined
  const challenged = demandOfChallenge(response.status, response.headers)
  if (challenged) return challenged
  return isJson(response) ? demandOfBody(response.status, response.headers, await readStart(response)) : undefined
}

/** What the challenges of an answer demand. */
export function demandOfChallenge(status: number, headers: Headers): Demand | undefined {
  for (const { scheme, parameters } of readChallenges(headers)) {
    if (scheme !== 'dpop' && scheme !== 'bearer') continue
    const error = parameters.get('error')
    const scope = parameters.get('scope')
    if (status === 401 && error === 'insufficient_user_authentication') {
      return stepUp(parameters.get('acr_values'), parameters.get('max_age'), scope)
    }
    if (status === 401 && error === 'invalid_token') return { kind: 'token' }
    if (status === 403 && error === 'insufficient_scope' && scope) return { kind: 'scope', scope }
  }
  return undefined
}

/** What the JSON of a refusal demands: a JSON-RPC error of the MCP endpoint, or an error of the token endpoint. */
export function demandOfBody(status: number, headers: Headers, body: unknown): Demand | undefined {
  // attacker-controlled: `body`.
  if (!isJsonObject(body)) return undefined
  const data = isJsonObject(body.error) && isJsonObject(body.error.data) ? body.error.data : body
  if (status === 401 && body.error === 'insufficient_user_authentication') {
    return stepUp(textOf(body.acr_values), textOf(body.max_age), undefined)
  }
  if (status === 403 && data.code === 'invocation.approval-required') {
    const approval = isJsonObject(data.unlock) && isJsonObject(data.unlock.approval) ? data.unlock.approval : {}
    const id = textOf(approval.id ?? body.approval_id)
    return id !== undefined && ID.test(id) ? { kind: 'approval', id } : undefined
  }
  if (status === 403 && typeof data.code === 'string' && TXN_TOKEN.has(data.code)) return { kind: 'txn-token' }
  if (status === 409 && data.code === 'invocation.in-progress') {
    const seconds = headers.get('retry-after') ?? ''
    return { kind: 'wait', ...(/^\d{1,6}$/.test(seconds) ? { ms: Number(seconds) * 1000 } : {}) }
  }
  return undefined
}

/** Another transaction token would help. One for another call or caller would not: that is a mistake of the agent. */
const TXN_TOKEN = new Set([
  ...['invocation.txn-token-missing', 'invocation.txn-token-invalid', 'invocation.txn-token-replayed'],
  ...['invocation.resource-changed', 'invocation.policy-changed'],
])

function stepUp(acr = '', age = '', scope?: string): StepUpDemand {
  return {
    kind: 'step-up',
    acrValues: acr.split(' ').filter((value) => value !== ''),
    ...(/^\d{1,9}$/.test(age) ? { maxAge: Number(age) } : {}),
    ...(scope ? { scope } : {}),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function isJson({ headers }: Response): boolean {
  return /^application\/json\b/i.test(headers.get('content-type') ?? '')
}

/** The JSON of a short answer, from a copy of it; undefined for what is longer, breaks off or is no JSON. */
async function readStart(response: Response): Promise<unknown> {
  const copy = response.clone().body
  if (!copy) return undefined
  try {
    const read = await readBounded(copy, MOST_BYTES)
    if ('bytes' in read) return JSON.parse(Buffer.from(read.bytes).toString('utf8'))
    // Not waited for: a copy is canceled only together with the answer that it is of.
    read.stream.cancel().catch(() => undefined)
    return undefined
  } catch {
    return undefined
  }
}
