import { createBoundedMemory } from './bounded-memory.ts'
import type { Subject } from './flow.ts'
import { digest } from './json/canonical-json.ts'

/**
 * What can be revoked: everything that was issued to a subject, to an actor, to a client; one token; one capability; a type of permission
 * (the `@id` of a permit, or an action), until it is restored; everything that was decided so far; or all there is.
 */
export type Revocable =
  | { readonly subject: Subject }
  | { readonly actor: string }
  | { readonly client: { readonly issuer: string; readonly id: string } }
  | { readonly token: { readonly issuer: string; readonly id: string } }
  /** The id of a signed envelope. */
  | { readonly capability: string }
  | { readonly permission: string }
  /** Begins a new policy epoch: what was decided before it counts no more. Who signed in stays signed in. */
  | 'decisions'
  /** Everything that was issued, and a new policy epoch. */
  | 'everything'

/** One revocable name that something stands under, and when that was issued (milliseconds since the epoch). */
export interface Standing {
  /** The `revocableName`. */
  readonly name: string
  readonly issuedAt: number
}

/** The `until` of what is revoked whenever it was issued, until it is restored. */
export const UNTIL_RESTORED = Number.MAX_SAFE_INTEGER

/** The `until` of what was restored: nothing was issued so early. */
export const RESTORED = 0

/** Remembers what was revoked. Single-use stores ask it in the statement that consumes. */
export interface RevocationStore {
  /**
   * Revokes what stands under a name and was issued at `until` (milliseconds since the epoch) or before. The latest `until` holds, and it is
   * never forgotten. In force for every consumption that starts after it resolves; the feed of this process has told of it by then, and those
   * of others tell of it within their bound.
   */
  revoke(name: string, until: number): Promise<void>
  /** Restores what was revoked `UNTIL_RESTORED`. Resolves to false, and changes nothing, when it was not. */
  restore(name: string): Promise<boolean>
}

/** The name under which something is revoked: a digest, so that a store shows nobody. No two revocables share one. */
export function revocableName(revocable: Revocable): string {
  if (revocable === 'everything') return EVERYTHING
  if (revocable === 'decisions') return DECISIONS
  if ('subject' in revocable) return lasting('subject', revocable.subject.issuer, revocable.subject.id)
  if ('actor' in revocable) return lasting('actor', revocable.actor)
  if ('client' in revocable) return lasting('client', revocable.client.issuer, revocable.client.id)
  if ('token' in revocable) return digest(['token', revocable.token.issuer, revocable.token.id])
  return 'capability' in revocable
    ? digest(['capability', revocable.capability])
    : lasting('permission', revocable.permission)
}

const EVERYTHING = digest(['everything'])
const DECISIONS = digest(['decisions'])

/** Names of what comes again with every token and call: digesting them anew costs more than all else that is asked of them. */
const names = createBoundedMemory<string>(10_000)
const MAX_REMEMBERED_LENGTH = 512

function lasting(kind: string, first: string, second?: string): string {
  // INVARIANT: one key is of one revocable: a kind has one part or two, and the length keeps the two apart.
  const key = `${kind}:${first.length}:${first}${second ?? ''}`
  const known = names.get(key)
  if (known !== undefined) return known
  const name = digest(second === undefined ? [kind, first] : [kind, first, second])
  if (key.length <= MAX_REMEMBERED_LENGTH) names.set(key, name)
  return name
}

/** Under which names something issued at `issuedAt` (seconds since the epoch) stands: those given, and the epoch. */
export function standingUnder(issuedAt: number, revocables: readonly Revocable[]): readonly Standing[] {
  const at = Math.floor(issuedAt * 1000)
  return ['everything' as const, ...revocables].map((one) => ({ name: revocableName(one), issuedAt: at }))
}
