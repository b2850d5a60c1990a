import { type Caller, type Denial, type Outcome, type Proof, type Standing, systemClock } from '@lockstep/core'
import {
  type AccessToken,
  certificateThumbprint,
  createAccessTokenVerifier,
  createProofVerifier,
  createWorkloadVerifier,
  HashedToken,
  type VerifiedProof,
} from '@lockstep/tokens'
import { type ChallengeResponse, phraseChallenge } from './challenge.ts'
import { consumeProof } from './consume-proof.ts'
import { readCredentials } from './credentials.ts'
import { checkGatewayOptions, type GatewayOptions } from './gateway-options.ts'
import type { GatewayRequest } from './gateway-request.ts'
import { createMediation, type Mediation } from './mediation.ts'
import { meterRequest } from './meter-request.ts'
import { createNonces } from './nonces.ts'
import { readmit } from './readmit.ts'
import { refuse } from './refuse.ts'
import { createRequestUrl } from './request-url.ts'
import { type Binding, requireBinding } from './require-binding.ts'
import { describeResource, type PublishedMetadata } from './resource-metadata.ts'
import { createTokenReader } from './token-reader.ts'
import type { VerifiedRequest } from './verified-request.ts'

/** The gateway: who is calling. */
export interface Gateway {
  /**
   * Verifies the head of a request: who is the subject, who acts for them, and do they hold the key. Denies with a `gateway.*` code, or
   * `state.unavailable`. It has no effect whatever it answers; what it answers is admitted when everything else was looked at.
   */
  verify(request: GatewayRequest): Promise<Outcome<VerifiedRequest>>
  /**
   * Admits another message of a connection, whose caller was admitted when it began: counts it, and holds the token against the clock and
   * against what was revoked since. Denies with `gateway.token-expired`, `gateway.token-unbound`, `gateway.token-revoked`,
   * `gateway.rate-limited`, `state.feed-silent`, or `state.unavailable`.
   */
  readmit(caller: Caller, trace: string): Promise<Outcome<Caller>>
  /** Verifies every access token anew from now on: for a revocation of everything that was issued. */
  forgetVerified(): void
  /** What other gateways of the trust domain may do for the callers whose proofs they have seen. */
  readonly mediation: Mediation
  /** A denial of any layer as status and headers, with the challenge that belongs to it. */
  challenge(denial: Denial): ChallengeResponse
  /** Headers that every answer to this request of an admitted caller carries: the next nonce, when the one it used is about to end. */
  answerHeaders(caller: Caller): Readonly<Record<string, string>>
  /** Under which revocable names the token of an admitted caller stands; nothing for a caller of another gateway. */
  standingOf(caller: Caller): readonly Standing[]
  /** The protected resource metadata (RFC 9728), as it is now. */
  resourceMetadata(): PublishedMetadata
  /** The paths at which the metadata must be served, the resource's own first. */
  readonly metadataPaths: readonly string[]
}

/** Creates the gateway. Throws `TypeError` for options that cannot be meant. */
export function createGateway(options: GatewayOptions): Gateway {
  checkGatewayOptions(options)
  const {
    resource,
    issuers,
    singleUse,
    meter,
    seal,
    scopes = [],
    acrValues = [],
    verification,
    fetch,
    clock = systemClock,
  } = options
  const requestUrl = createRequestUrl(resource)
  const tokens = createAccessTokenVerifier({
    issuers: issuers.map(({ bearerUntil: _, ...issuer }) => issuer),
    audience: resource,
    verification,
    clock,
    fetch,
  })
  const { algorithms, window, nonce, certificates } = options.proof ?? {}
  const proofs = createProofVerifier({ algorithms, window, verification, clock })
  const workloads = options.workloads && createWorkloadVerifier({ trustDomains: options.workloads, clock })
  const { nonceKey } = options
  const nonces = nonce === 'required' && nonceKey ? createNonces({ key: nonceKey, resource, clock }) : undefined
  const actors: ReadonlyMap<string, string> = new Map(Object.entries(options.actors ?? {}))
  const autonomous = new Set(options.autonomous)
  const bearerUntil = new Map(issuers.map(({ issuer, bearerUntil }) => [issuer, bearerUntil?.getTime() ?? 0]))
  const audiences = new Map(issuers.map(({ issuer, audience = resource }) => [issuer, audience]))
  const namesOf = (issuer: string) => [resource, audiences.get(issuer) ?? resource]
  const metadata = describeResource(options, proofs.algorithms, clock)
  const readToken = createTokenReader({ actors, autonomous, acrValues, namesOf })
  const terms = { metadataUrl: metadata.url, algorithms: proofs.algorithms, scopes, nonce: () => nonces?.current() }
  // By the evidence of the token, which is the same object with each of its requests.
  const standings = new WeakMap<Caller['token'], readonly Standing[]>()
  const headersOf = new WeakMap<Caller, Readonly<Record<string, string>>>()

  const bearerAllowed = (issuer: string) => clock() < (bearerUntil.get(issuer) ?? 0)
  const remember = (token: Caller['token'], standing: readonly Standing[]) => {
    if (!standings.has(token)) standings.set(token, standing)
  }
  const standingOf = (caller: Caller) => standings.get(caller.token) ?? []
  const mediation = createMediation({
    mediators: new Set(options.mediators),
    workloads,
    verify: (token) => tokens.verify(token),
    bearerAllowed,
    readToken,
    scopes,
    acrValues,
    singleUse,
    meter,
    seal,
    remember,
  })

  const bind = (scheme: 'dpop' | 'bearer', token: AccessToken, { certificate }: GatewayRequest) =>
    requireBinding(scheme, token, {
      bearerAllowed: bearerAllowed(token.issuer),
      certificatesAccepted: certificates === 'accepted',
      certificate: certificate && certificate !== 'unverified' ? certificateThumbprint(certificate) : undefined,
    })
  const verifyProof = (
    sent: readonly string[],
    { thumbprint }: Binding,
    accessToken: HashedToken,
    method: string,
    url: URL,
  ): Promise<Outcome<VerifiedProof>> | Outcome<undefined> => {
    if (thumbprint === undefined) return { ok: true, value: undefined }
    const [proofJwt] = sent
    if (proofJwt === undefined) return refuse('gateway.proof-missing')
    if (sent.length > 1) return refuse('gateway.proof-invalid', 'several DPoP headers were sent')
    return proofs.verify({ proofJwt, method, url: url.href, accessToken, thumbprint })
  }

  return {
    async verify(request) {
      const url = requestUrl(request.url)
      if (!url) return refuse('gateway.credentials-malformed', 'the request target is no path')
      const credentials = readCredentials(request, url)
      if (!credentials.ok) return credentials
      const { scheme, proofs: sent } = credentials.value

      const presented = new HashedToken(credentials.value.token)
      const token = await tokens.verify(presented)
      if (!token.ok) return token
      const binding = bind(scheme, token.value, request)
      if (!binding.ok) return binding
      const proof = await verifyProof(sent, binding.value, presented, request.method, url)
      if (!proof.ok) return proof
      // After every other check of the proof: whoever is asked for a nonce needs nothing else.
      const age = proof.value && nonces?.judge(proof.value.nonce)
      if (age === 'refused') return refuse('gateway.nonce-required')
      const workload = request.certificate && workloads?.verify(request.certificate)
      if (workload && !workload.ok) return workload
      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      const read = readToken(token.value, workload?.value)
      if (!read.ok) return read

      const { evidence, standing } = read.value
      const { subject, actor } = evidence
      const admit = async (): Promise<Outcome<Caller>> => {
        const limited = meter && (await meterRequest(meter, singleUse, proof.value, { subject, actor }))
        if (limited) return { ok: false, denial: limited }
        const spent = await consumeProof(singleUse, proof.value, standing)
        if (spent) return { ok: false, denial: spent }
        const caller = seal({ proof: describeProof(binding.value), trace: request.trace, ...evidence })
        remember(evidence.token, standing)
        if (age === 'previous' && nonces) headersOf.set(caller, { 'dpop-nonce': nonces.current() })
        return { ok: true, value: caller }
      }
      return { ok: true, value: { admit } }
    },
    readmit: (caller, trace) => readmit({ singleUse, meter, seal, bearerAllowed, standingOf, clock }, caller, trace),
    mediation,
    forgetVerified: () => tokens.forgetVerified(),
    challenge: (denial) => phraseChallenge(terms, denial),
    standingOf,
    answerHeaders: (caller) => headersOf.get(caller) ?? {},
    resourceMetadata: metadata.describe,
    metadataPaths: metadata.paths,
  }
}

function describeProof(binding: Binding): Proof {
  return Object.freeze({ kind: kindOf(binding), ...binding })
}

function kindOf({ thumbprint, certificate }: Binding): Proof['kind'] {
  if (certificate === undefined) return thumbprint === undefined ? 'bearer' : 'dpop'
  return thumbprint === undefined ? 'mtls' : 'dpop+mtls'
}
