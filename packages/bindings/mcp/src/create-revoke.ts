import { randomBytes } from 'node:crypto'
import { type AuditSink, type Clock, type Revocable, type RevocationStore, revocableName } from '@lockstep/core'

/** Revokes what was issued so far. See `Lockstep.revoke`. */
export type Revoke = (what: Revocable, reason: string) => Promise<void>

/** What revoking needs. */
export interface RevokeOptions {
  readonly revocations: RevocationStore
  readonly audit: AuditSink
  /** Forgets which access tokens were verified: asked when everything is revoked. */
  readonly forgetVerified: () => void
  readonly clock: Clock
}

/**
 * How far ahead of ours the clock of an issuer, or of another instance, may run, in milliseconds: the skew that tokens are accepted with. What
 * was issued before the revocation by a clock that runs ahead is revoked too; a new sign-in counts after this.
 */
const SKEW_MS = 10_000

const REASON = /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u
const KINDS = ['subject', 'actor', 'client', 'token']

/**
 * Creates what an instance revokes with. The revocation comes first and its record after: a log that cannot be written keeps nobody in.
 *
 * The function throws `TypeError` for what cannot be revoked and for a reason that is not 1 to 200 visible characters. Rejects with
 * `state.unavailable`, when nothing was revoked, or `audit.unavailable`, when it was.
 */
export function createRevoke({ revocations, audit, forgetVerified, clock }: RevokeOptions): Revoke {
  return async (what, reason) => {
    const kind = kindOf(what)
    if (typeof reason !== 'string' || !REASON.test(reason)) {
      throw new TypeError('`reason` must be 1 to 200 visible characters')
    }
    const name = revocableName(what)
    await revocations.revoke(name, Math.floor(clock()) + SKEW_MS)
    if (what === 'everything') forgetVerified()
    await audit.append({
      trace: randomBytes(16).toString('hex'),
      step: 'system',
      outcome: 'completed',
      ...whom(what),
      detail: { revoked: kind, name, reason },
    })
  }
}

function whom(what: Revocable) {
  if (typeof what === 'string') return {}
  if ('subject' in what) return { subject: what.subject.id }
  return 'actor' in what ? { actor: what.actor } : {}
}

function kindOf(what: Revocable): string {
  if (typeof what === 'string') return whole(what)
  const [kind = '', ...others] = typeof what === 'object' && what !== null ? Object.keys(what) : []
  const value: unknown = kind === '' ? undefined : Reflect.get(what, kind)
  const isNamed = kind === 'actor' ? isText(value) : isIssued(value)
  if (!KINDS.includes(kind) || others.length > 0 || !isNamed) {
    throw new TypeError("expected `{ subject }`, `{ actor }`, `{ client }`, `{ token }` or 'everything' to revoke")
  }
  return kind
}

function whole(what: string): string {
  if (what !== 'everything') throw new TypeError("expected 'everything'")
  return what
}

function isIssued(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    isText(Reflect.get(value, 'issuer')) &&
    isText(Reflect.get(value, 'id'))
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed()
}
