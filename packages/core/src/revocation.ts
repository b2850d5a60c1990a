import type { Subject } from './flow.ts'
import { digest } from './json/canonical-json.ts'

/** What can be revoked: everything that was issued to a subject, to an actor, to a client, one token, or all there is (a new epoch). */
export type Revocable =
  | { readonly subject: Subject }
  | { readonly actor: string }
  | { readonly client: { readonly issuer: string; readonly id: string } }
  | { readonly token: { readonly issuer: string; readonly id: string } }
  | 'everything'

/** One revocable name that something stands under, and when that was issued (milliseconds since the epoch). */
export interface Standing {
  /** The `revocableName`. */
  readonly name: string
  readonly issuedAt: number
}

/** Remembers what was revoked. Single-use stores ask it in the statement that consumes. */
export interface RevocationStore {
  /**
   * Revokes what stands under a name and was issued at `until` (milliseconds since the epoch) or before. The latest `until` holds, and it is
   * never forgotten. In force for every consumption that starts after it resolves.
   */
  revoke(name: string, until: number): Promise<void>
}

/** The name under which something is revoked: a digest, so that a store shows nobody. No two revocables share one. */
export function revocableName(revocable: Revocable): string {
  if (revocable === 'everything') return EVERYTHING
  if ('subject' in revocable) return digest(['subject', revocable.subject.issuer, revocable.subject.id])
  if ('actor' in revocable) return digest(['actor', revocable.actor])
  if ('client' in revocable) return digest(['client', revocable.client.issuer, revocable.client.id])
  return digest(['token', revocable.token.issuer, revocable.token.id])
}

const EVERYTHING = digest(['everything'])

/** Under which names something issued at `issuedAt` (seconds since the epoch) stands: those given, and the epoch. */
export function standingUnder(issuedAt: number, revocables: readonly Revocable[]): readonly Standing[] {
  const at = Math.floor(issuedAt * 1000)
  return ['everything' as const, ...revocables].map((one) => ({ name: revocableName(one), issuedAt: at }))
}
