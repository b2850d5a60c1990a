import {
  type CapabilityLimits,
  type Clock,
  isJsonObject,
  type JsonObject,
  refuseUnknownOptions,
  systemClock,
} from '@lockstep/core'
import { compactVerify, createLocalJWKSet, SignJWT } from 'jose'
import { readCompactJws } from './compact-jws.ts'
import type { PublicJwk } from './public-jwk.ts'
import { createSigningKey, type SigningKey } from './signing-key.ts'

/** What a capability envelope says. Times are seconds since the epoch. */
export interface EnvelopeClaims {
  /** Its id, under which it can be revoked. */
  readonly jti: string
  readonly sub: string
  readonly act: { readonly sub: string }
  /** What the caller proved: the thumbprints of its key, of its certificate, or of both. */
  readonly cnf?: { readonly jkt?: string; readonly 'x5t#S256'?: string } | undefined
  readonly tool: string
  /** Digest of the tool's descriptor. */
  readonly descriptor: string
  readonly limits: CapabilityLimits
  /** The policy version. */
  readonly policy: string
  readonly iat: number
  readonly exp: number
}

/** Signs and verifies capability envelopes. */
export interface EnvelopeSigner {
  /** A compact JWS of type `lockstep-capability+jwt` with the format version `v: 1`. */
  sign(claims: EnvelopeClaims): Promise<string>
  /** The claims of an envelope that we signed and that has not expired; undefined for anything else. */
  verify(jws: string): Promise<EnvelopeClaims | undefined>
  /** The public keys, for those who verify elsewhere. */
  jwks(): { readonly keys: readonly PublicJwk[] }
}

/** What the signer needs. */
export interface EnvelopeSignerOptions {
  /** The key to sign with, then older keys that still verify. @defaultValue a new ES256 key that lives as long as the process */
  readonly keys?: readonly [SigningKey, ...SigningKey[]] | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const TYPE = 'lockstep-capability+jwt'
const VERSION = 1

/** Creates the signer of capability envelopes. */
export async function createEnvelopeSigner(options: EnvelopeSignerOptions = {}): Promise<EnvelopeSigner> {
  refuseUnknownOptions(options, ['keys', 'clock'], 'createEnvelopeSigner()')
  const { keys = [await createSigningKey()], clock = systemClock } = options
  const [current] = keys
  const published = keys.map((key) => ({
    ...key.publicJwk,
    kid: key.thumbprint,
    alg: key.algorithm,
    use: 'sig',
  }))
  const find = createLocalJWKSet({ keys: published })
  const algorithms = keys.map((key) => key.algorithm)

  return {
    sign: (claims) =>
      new SignJWT({ v: VERSION, ...claims })
        .setProtectedHeader({ alg: current.algorithm, typ: TYPE, kid: current.thumbprint })
        .sign(current.privateKey),

    async verify(text) {
      const jws = readCompactJws(text)
      if (jws?.type !== TYPE || jws.payload.v !== VERSION) return undefined
      if (typeof jws.payload.exp !== 'number' || jws.payload.exp <= clock() / 1000) return undefined
      try {
        await compactVerify(text, find, { algorithms })
      } catch {
        return undefined
      }
      const { v: _, ...claims } = jws.payload
      return isEnvelope(claims) ? claims : undefined
    },

    jwks: () => ({ keys: published }),
  }
}

// INVARIANT: only `sign` signs this type with these keys; the check holds the format and the type together.
function isEnvelope(claims: JsonObject): claims is JsonObject & EnvelopeClaims {
  const { jti, sub, act, tool, descriptor, limits, policy, iat, exp } = claims
  return (
    [jti, sub, tool, descriptor, policy].every((claim) => typeof claim === 'string') &&
    [iat, exp].every((claim) => typeof claim === 'number') &&
    isJsonObject(act) &&
    typeof act.sub === 'string' &&
    isJsonObject(limits) &&
    Array.isArray(limits.anyOf) &&
    typeof limits.complete === 'boolean'
  )
}
