import type { Denial } from '@lockstep/core'
import type { InboundMessage } from './message.ts'
import { mirrors, type SentHeaders } from './mirrored/headers-agree.ts'

/** What a request presents beside its credentials, for one call. */
export interface Presented {
  /** The `Txn-Token` header. */
  readonly txnToken?: string
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey?: string
  /** Whether whoever sent the request went away. @defaultValue nobody can tell */
  readonly isGone?: () => boolean
  /** Whether the message is of MCP 2026-07-28 or later. */
  readonly modern?: boolean
  /** The headers, which may mirror arguments, and whether the message is of a revision that demands it. Absent where there are no headers. */
  readonly mirrored?: { readonly sent: SentHeaders; readonly demanded: boolean }
}

/** Reads the headers of a call; each may be sent once. */
export function readPresented(
  header: SentHeaders,
  message: InboundMessage | undefined,
): { readonly ok: true; readonly value: Presented } | { readonly ok: false; readonly denial: Denial } {
  const [txnToken, ...moreTokens] = header('txn-token')
  const [idempotencyKey, ...moreKeys] = header('idempotency-key')
  if (moreTokens.length > 0) {
    return {
      ok: false,
      denial: { code: 'invocation.txn-token-invalid', detail: 'several Txn-Token headers were sent' },
    }
  }
  // attacker-controlled: the key names a record; it is hashed with the caller before it reaches a store.
  if (moreKeys.length > 0 || (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,256}$/.test(idempotencyKey))) {
    return { ok: false, denial: { code: 'invocation.idempotency-key-invalid' } }
  }
  return {
    ok: true,
    value: {
      ...(txnToken === undefined ? {} : { txnToken }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(message ? describeEra(header, message) : {}),
    },
  }
}

function describeEra(header: SentHeaders, message: InboundMessage): Pick<Presented, 'modern' | 'mirrored'> {
  const modern = mirrors(message, header)
  return { modern, mirrored: { sent: header, demanded: modern } }
}
