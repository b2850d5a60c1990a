import { type Caller, type Clock, refuseUnknownOptions, type Seal, type SingleUseStore } from '@lockstep/core'
import type { ProofVerifierOptions, Verification } from '@lockstep/tokens'
import type { IssuerOptions } from './issuer-options.ts'

/** What the gateway needs. */
export interface GatewayOptions {
  /** The URL of this server (RFC 8707, RFC 9728): the audience of tokens, and the origin of every request. */
  readonly resource: string
  /** The authorization servers whose access tokens are accepted. At least one. */
  readonly issuers: readonly IssuerOptions[]
  /** Remembers proofs that were used, and what was revoked. */
  readonly singleUse: Pick<SingleUseStore, 'consume' | 'isRevoked'>
  /** Seals callers: the `seal` of `createSeal<Caller>()`. */
  readonly seal: Seal<Caller>['seal']
  /** Scopes that every token needs, and that the metadata announces. @defaultValue none */
  readonly scopes?: readonly string[] | undefined
  /** Actors of clients whose tokens carry no `act`, by client id. @defaultValue none */
  readonly actors?: Readonly<Record<string, string>> | undefined
  /** acr values that count, weakest first: each satisfies itself and those before it. @defaultValue none */
  readonly acrValues?: readonly string[] | undefined
  /** How DPoP proofs are judged. @defaultValue ES256 and EdDSA, within 60 seconds */
  readonly proof?: Pick<ProofVerifierOptions, 'algorithms' | 'window'> | undefined
  /**
   * How signatures are verified: `fast` by node:crypto, remembering proof keys and tokens that it has verified, or `jose` every time by the
   * library. Both answer alike. @defaultValue `fast`
   */
  readonly verification?: Verification | undefined
  /** Fetches the issuers' keys. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}

const KEYS = [
  'resource',
  'issuers',
  'singleUse',
  'seal',
  'scopes',
  'actors',
  'acrValues',
  'proof',
  'verification',
  'fetch',
  'clock',
]
const ISSUER_KEYS = [
  ...['issuer', 'jwksUri', 'jwks', 'algorithms', 'preset', 'audience', 'multiAudience', 'maxLifetime', 'bearerUntil'],
]
const PROOF_KEYS = ['algorithms', 'window']

/** Throws `TypeError` for what TypeScript would have refused, for a misspelt option, and for values that cannot be meant. */
export function checkGatewayOptions(options: GatewayOptions): void {
  const { issuers, scopes = [], acrValues = [], actors = {}, proof = {} } = options
  refuseUnknownOptions(options, KEYS, 'createGateway()')
  refuseUnknownOptions(proof, PROOF_KEYS, '`proof`')
  for (const [index, issuer] of issuers.entries()) {
    refuseUnknownOptions(issuer, ISSUER_KEYS, `\`issuers[${index}]\``)
    const { bearerUntil } = issuer
    if (bearerUntil !== undefined && !(bearerUntil instanceof Date && Number.isFinite(bearerUntil.getTime()))) {
      throw new TypeError(`\`issuers[${index}].bearerUntil\` expected a date`)
    }
  }
  const resource = URL.canParse(options.resource) ? new URL(options.resource) : undefined
  if (!resource || !/^https?:$/.test(resource.protocol) || /[?#]/.test(options.resource)) {
    throw new TypeError('`resource` expected an absolute http(s) URL without query and fragment')
  }
  if (new Set(acrValues).size !== acrValues.length) throw new TypeError('`acrValues` names a value twice')
  // RFC 6749 section 3.3: these are also put between quotes in a challenge.
  for (const name of [...scopes, ...acrValues]) {
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))
      throw new TypeError('`scopes` and `acrValues` expected visible ASCII')
  }
  if (!Object.values(actors).every((actor) => typeof actor === 'string' && actor !== '')) {
    throw new TypeError('`actors` expected an actor for every client id')
  }
}
