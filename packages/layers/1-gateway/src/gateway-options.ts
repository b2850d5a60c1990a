import { type Caller, type Clock, refuseUnknownOptions, type Seal, type SingleUseStore } from '@lockstep/core'

import { readSpiffeId, type TrustDomainOptions, type Verification } from '@lockstep/tokens'
import type { IssuerOptions } from './issuer-options.ts'
import type { Meter } from './meter-request.ts'

import { NONCE_KEY_BYTES } from './nonces.ts'
import { checkProofOptions, type ProofOptions } from './proof-options.ts'

/** What the gateway needs. */
export interface GatewayOptions {
  /** The URL of this server (RFC 8707, RFC 9728): the audience of tokens, and the origin of every request. */
  readonly resource: string
  /** The authorization servers whose access tokens are accepted. At least one. */
  readonly issuers: readonly IssuerOptions[]
  /** Remembers proofs that were used, and what was revoked. */
  readonly singleUse: Pick<SingleUseStore, 'consume' | 'isRevoked' | 'wasConsumed'>
  /** Counts requests against the limits of their subject and actor. @defaultValue nobody is limited */
  readonly meter?: Meter | undefined
  /** Seals callers: the `seal` of `createSeal<Caller>()`. */
  readonly seal: Seal<Caller>['seal']
  /** Scopes that every token needs, and that the metadata announces. @defaultValue none */
  readonly scopes?: readonly string[] | undefined
  /**
   * Trust domains whose workloads are known by the certificate of their connection (X.509-SVID), by name. Such a workload is the actor of a
   * token without `act`, and contradicts a token with another one. @defaultValue none: certificates name nobody
   */
  readonly workloads?: Readonly<Record<string, TrustDomainOptions>> | undefined
  /**
   * SPIFFE IDs of gateways of the trust domain that ask for transaction tokens, and present them, on behalf of the callers whose proofs they have
   * seen: known by the certificate of their connection, which `workloads` must vouch for. @defaultValue none
   */
  readonly mediators?: readonly string[] | undefined
  /** Actors of clients whose tokens carry no `act` and whose connection proves no workload, by client id. @defaultValue none */
  readonly actors?: Readonly<Record<string, string>> | undefined
  /** Actors that may act for themselves, as subject and actor in one. @defaultValue none: an actor acts for somebody else */
  readonly autonomous?: readonly string[] | undefined
  /** acr values that count, weakest first: each satisfies itself and those before it. @defaultValue none */
  readonly acrValues?: readonly string[] | undefined
  /** What must be shown beside a token. @defaultValue DPoP proofs by ES256 or EdDSA, within 60 seconds, without nonces */
  readonly proof?: ProofOptions | undefined
  /** 32 secret random bytes that nonces are made with, the same in every instance of this server; required where nonces are. */
  readonly nonceKey?: Uint8Array | undefined
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
  'meter',
  'seal',
  'scopes',
  'workloads',
  'mediators',
  'actors',
  'autonomous',
  'acrValues',
  'proof',
  'nonceKey',
  'verification',
  'fetch',
  'clock',
]
const ISSUER_KEYS = [
  ...['issuer', 'jwksUri', 'jwks', 'algorithms', 'preset', 'audience', 'multiAudience', 'maxLifetime', 'bearerUntil'],
]

/** Throws `TypeError` for what TypeScript would have refused, for a misspelt option, and for values that cannot be meant. */
export function checkGatewayOptions(options: GatewayOptions): void {
  const { issuers, scopes = [], acrValues = [], actors = {}, autonomous = [], proof = {}, nonceKey } = options
  refuseUnknownOptions(options, KEYS, 'createGateway()')
  checkProofOptions(proof)
  if (proof.nonce === 'required' && nonceKey?.byteLength !== NONCE_KEY_BYTES) {
    throw new TypeError(`\`nonceKey\` expected ${NONCE_KEY_BYTES} bytes`)
  }
  const { mediators = [], workloads = {} } = options
  for (const mediator of mediators) {
    const id = typeof mediator === 'string' ? readSpiffeId(mediator) : undefined
    if (!id || id.path === '' || !Object.hasOwn(workloads, id.trustDomain)) {
      throw new TypeError('`mediators` expected SPIFFE IDs of trust domains that `workloads` names')
    }
  }
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
  if (!autonomous.every((actor) => typeof actor === 'string' && actor !== '')) {
    throw new TypeError('`autonomous` expected the names of actors')
  }
}
