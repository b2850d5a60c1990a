import type { Denial, JsonObject } from '@lockstep/core'
import type { SignedTxnToken, TxnToken } from '@lockstep/tokens'
import type { ExchangeRefusal } from './transaction-refusal.ts'
import { TXN_TOKEN_URN } from './transaction-request.ts'

/** An exchange as HTTP, with what the edge needs beside it. */
export type ExchangeAnswer = {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** To be sent as JSON. */
  readonly body: JsonObject
} & (
  | {
      readonly ok: true
      /** What was issued, for the audit record: the token's content, never the token. */
      readonly token: TxnToken
    }
  | {
      readonly ok: false
      /**
       * The denial behind the refusal, if one of the layers said no. With `unlock.acr`, the edge answers with the status and headers of the
       * gateway's challenge (RFC 9470) added to these, and with this body.
       */
      readonly denial?: Denial
    }
)

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const
/** Seconds after which a client may ask again when something of ours is down. */
const RETRY_AFTER = '5'

/** The answer that carries a transaction token (RFC 8693 section 2.2.1). There is no refresh token. */
export function answerIssued({ jwt, token }: SignedTxnToken): ExchangeAnswer {
  return {
    ok: true,
    status: 200,
    headers: HEADERS,
    body: {
      access_token: jwt,
      issued_token_type: TXN_TOKEN_URN,
      token_type: 'N_A',
      expires_in: token.expiresAt - token.issuedAt,
      scope: token.scopes.join(' '),
    },
    token,
  }
}

/** The answer that refuses (RFC 6749 section 5.2). Its text is constant; `code` is from the table of codes. */
export function answerRefused({ status, error, says, denial }: ExchangeRefusal): ExchangeAnswer {
  const approval = denial?.unlock?.approval
  return {
    ok: false,
    status,
    headers: { ...HEADERS, ...(status === 503 ? { 'retry-after': RETRY_AFTER } : {}) },
    body: {
      error,
      error_description: says,
      ...(denial ? { code: denial.code } : {}),
      ...(approval ? { approval_id: approval.id } : {}),
    },
    ...(denial ? { denial } : {}),
  }
}
