import { randomBytes } from 'node:crypto'
import {
  type AuditSink,
  type Clock,
  type Drill,
  type Revocable,
  type RevocationStore,
  revocableName,
  UNTIL_RESTORED,
} from '@lockstep/core'
import type { PermissionKind } from '@lockstep/policy'
import { nameInDrill } from './revocation/name-in-drill.ts'
import { checkReason, revocableKind } from './revocation/revocable-kind.ts'
import type { RevocationEvidence } from './revocation/revocation-evidence.ts'

/**
 * Revokes what was issued or permitted until `at` (milliseconds since the epoch, not in the future). See `Lockstep.revoke`.
 *
 * @param at @defaultValue now
 */
export type Revoke = (what: Revocable, reason: string, at?: number) => Promise<RevocationEvidence>

/** What revoking needs. */
export interface RevokeOptions {
  readonly revocations: RevocationStore
  readonly audit: AuditSink
  /** Forgets which access tokens were verified: asked when everything is revoked. */
  readonly forgetVerified: () => void
  /** What a permission is called after in the policies in force. */
  readonly permission: (id: string) => PermissionKind
  /** The version of the policy in force. */
  readonly policyVersion: () => string
  /** Revokes in a drill only, and nothing but its permission. */
  readonly drill?: Drill | undefined
  readonly clock: Clock
}

/**
 * How far ahead of ours the clock of an issuer, or of another instance, may run, in milliseconds: the skew that tokens are accepted with. What
 * was issued before the revocation by a clock that runs ahead is revoked too; a new sign-in counts after this.
 */
const SKEW_MS = 10_000

/**
 * Creates what an instance revokes with. The revocation comes first and its record after: a log that cannot be written keeps nobody in.
 *
 * The function throws `TypeError` for what cannot be revoked (a forbid among it: without it more would be permitted), for a permission that
 * no policy and no action is called after, for anything but its permission in a drill, for a reason that is not 1 to 200 visible characters, and for a time that is none. Rejects with `state.unavailable`, when
 * nothing was revoked, or `audit.unavailable`, when it was.
 */
export function createRevoke(options: RevokeOptions): Revoke {
  const { revocations, audit, forgetVerified, permission, policyVersion, drill, clock } = options
  return async (what, reason, at = clock()) => {
    const kind = revocableKind(what)
    checkReason(reason)
    if (!(at >= 0 && at <= clock())) throw new TypeError('`at` must be a time that is not in the future')
    if (typeof what === 'object' && 'permission' in what) checkPermission(permission(what.permission))
    const name = drill ? nameInDrill(drill, what) : revocableName(what)
    const before = policyVersion()
    await revocations.revoke(name, untilOf(kind, Math.floor(at)))
    const evidence = { at: clock(), policyVersion: { before, after: policyVersion() } }
    if (what === 'everything') forgetVerified()
    const trace = randomBytes(16).toString('hex')
    await audit.append({
      trace,
      step: 'system',
      outcome: 'completed',
      ...whom(what),
      detail: { [drill ? 'drilled' : 'revoked']: kind, name, reason, ...which(what) },
    })
    return { ...evidence, trace }
  }
}

function checkPermission(kind: PermissionKind): void {
  if (kind === 'forbid') {
    throw new TypeError('a forbid cannot be revoked: more would be permitted without it; remove it from the policies')
  }
  if (kind === undefined) throw new TypeError('no policy and no action bears the name of the permission to revoke')
}

/** A permission is revoked whenever it is asked for; an epoch has no clock that tokens are compared with. */
function untilOf(kind: string, now: number): number {
  if (kind === 'permission') return UNTIL_RESTORED
  return kind === 'decisions' ? now : now + SKEW_MS
}

function whom(what: Revocable) {
  if (typeof what === 'string') return {}
  if ('subject' in what) return { subject: what.subject.id }
  return 'actor' in what ? { actor: what.actor } : {}
}

/** A permission is no person, so that the log names it. */
function which(what: Revocable) {
  return typeof what === 'object' && 'permission' in what ? { permission: what.permission } : {}
}
