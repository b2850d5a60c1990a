import { refuseUnknownOptions } from '@lockstep/core'
import {
  createProofKey,
  exportSigningKey,
  importSigningKey,
  type ProofKey,
  type SigningKeyOptions,
} from '@lockstep/tokens'

/** A private key as `KeyRing.export` writes it: a secret. */
export type KeptKey = Awaited<ReturnType<typeof exportSigningKey>>

/** What keys a ring makes, and which it begins with. */
export interface KeyRingOptions extends SigningKeyOptions {
  /** What an earlier ring exported. */
  readonly kept?: Readonly<Record<string, KeptKey>> | undefined
}

/** Proof keys, one for each pair of resource and issuer, so that no two servers can tell that they serve the same agent. */
export interface KeyRing {
  /**
   * The key for tokens of this issuer for this resource; made when first asked for. Rejects with `TypeError` for what is no URL.
   */
  keyFor(resource: string | URL, issuer: string | URL): Promise<ProofKey>
  /** The private keys as JWKs. Rejects with `TypeError` unless the ring was made `extractable`. Keep them like passwords. */
  export(): Promise<Readonly<Record<string, KeptKey>>>
}

/** Creates a ring of proof keys. Rejects with `TypeError` for an unknown option, and for a kept key that is none, without its content. */
export async function createKeyRing(options: KeyRingOptions = {}): Promise<KeyRing> {
  refuseUnknownOptions(options, ['algorithm', 'extractable', 'kept'], 'createKeyRing()')
  const { kept = {}, ...keys } = options
  const ring = new Map<string, Promise<ProofKey>>()
  for (const [name, jwk] of Object.entries(kept)) {
    const key = await importSigningKey(jwk, { extractable: keys.extractable })
    ring.set(name, Promise.resolve(key))
  }
  return {
    async keyFor(resource, issuer) {
      const name = `${new URL(resource).href} ${new URL(issuer).href}`
      const found = ring.get(name) ?? createProofKey(keys)
      ring.set(name, found)
      return found
    },
    async export() {
      const entries = [...ring].map(async ([name, key]) => [name, await exportSigningKey(await key)] as const)
      return Object.fromEntries(await Promise.all(entries))
    },
  }
}
