import { type Caller, type Denial, type JsonObject, type Outcome, systemClock } from '@lockstep/core'
import {
  type AccessToken,
  createAccessTokenVerifier,
  createProofVerifier,
  HashedToken,
  type VerifiedProof,
} from '@lockstep/tokens'
import { assessAssurance } from './assess-assurance.ts'
import { type ChallengeContext, type ChallengeResponse, phraseChallenge } from './challenge.ts'
import { consumeProof } from './consume-proof.ts'
import { readCredentials } from './credentials.ts'
import { checkGatewayOptions, type GatewayOptions } from './gateway-options.ts'
import type { GatewayRequest } from './gateway-request.ts'
import { nameActor } from './name-actor.ts'
import { refuse } from './refuse.ts'
import { requestUrl } from './request-url.ts'
import { type Binding, requireBinding } from './require-binding.ts'
import { describeResource } from './resource-metadata.ts'
import { createTokenStanding } from './token-standing.ts'

/** The gateway: who is calling. */
export interface Gateway {
  /**
   * Admits a request: who is the subject, who acts for them, and do they hold the key. Denies with a `gateway.*` code, or
   * `state.unavailable`. A denied request has no effect; in particular it uses no proof up.
   */
  admit(request: GatewayRequest): Promise<Outcome<Caller>>
  /** Verifies every access token anew from now on: for a revocation of everything that was issued. */
  forgetVerified(): void
  /** A denial of any layer as status and headers, with the challenge that belongs to it. */
  challenge(denial: Denial, context?: ChallengeContext): ChallengeResponse
  /** The protected resource metadata (RFC 9728). */
  resourceMetadata(): JsonObject
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
    seal,
    scopes = [],
    acrValues = [],
    verification,
    fetch,
    clock = systemClock,
  } = options
  const { origin } = new URL(resource)
  const tokens = createAccessTokenVerifier({
    issuers: issuers.map(({ bearerUntil: _, ...issuer }) => issuer),
    audience: resource,
    verification,
    clock,
    fetch,
  })
  const proofs = createProofVerifier({ ...options.proof, verification, clock })
  const actors: ReadonlyMap<string, string> = new Map(Object.entries(options.actors ?? {}))
  const bearerUntil = new Map(issuers.map(({ issuer, bearerUntil }) => [issuer, bearerUntil?.getTime() ?? 0]))
  const metadata = describeResource(options, proofs.algorithms)
  const standingOf = createTokenStanding()
  const terms = { metadataUrl: metadata.url, algorithms: proofs.algorithms, scopes }

  const verifyProof = (
    sent: readonly string[],
    binding: Binding,
    accessToken: HashedToken,
    method: string,
    url: URL,
  ) => {
    if (binding.kind === 'bearer') return undefined
    const [proofJwt] = sent
    if (proofJwt === undefined) return refuse('gateway.proof-missing')
    if (sent.length > 1) return refuse('gateway.proof-invalid', 'several DPoP headers were sent')
    return proofs.verify({ proofJwt, method, url: url.href, accessToken, thumbprint: binding.thumbprint })
  }

  return {
    async admit(request) {
      const url = requestUrl(request.url, origin)
      if (!url) return refuse('gateway.credentials-malformed', 'the request target is no path')
      const credentials = readCredentials(request, url)
      if (!credentials.ok) return credentials
      const { scheme, proofs: sent } = credentials.value

      const presented = new HashedToken(credentials.value.token)
      const token = await tokens.verify(presented)
      if (!token.ok) return token
      const binding = requireBinding(scheme, token.value, clock() < (bearerUntil.get(token.value.issuer) ?? 0))
      if (!binding.ok) return binding
      const proof = await verifyProof(sent, binding.value, presented, request.method, url)
      if (proof && !proof.ok) return proof
      if (!scopes.every((scope) => token.value.scopes.includes(scope))) return refuse('gateway.scope-insufficient')
      const actor = nameActor(token.value, actors)
      if (!actor.ok) return actor

      const spent = await consumeProof(singleUse, proof?.value, standingOf(token.value, actor.value))
      if (spent) return { ok: false, denial: spent }
      return {
        ok: true,
        value: seal({
          ...evidenceOf(token.value, proof?.value),
          ...detailsFor(token.value, resource),
          actor: actor.value,
          assurance: assessAssurance(token.value, acrValues),
          trace: request.trace,
        }),
      }
    },
    forgetVerified: () => tokens.forgetVerified(),
    challenge: (denial, context) => phraseChallenge(terms, denial, context),
    resourceMetadata: () => metadata.document,
    metadataPaths: metadata.paths,
  }
}

/** The details that are for this server. A token all of whose details are for others may do nothing here. */
function detailsFor({ authorizationDetails }: AccessToken, resource: string): Pick<Caller, 'authorizationDetails'> {
  if (!authorizationDetails) return {}
  const ours = authorizationDetails.filter(({ locations }) => locations.includes(resource))
  return { authorizationDetails: Object.freeze(ours) }
}

/** What the token and the proof themselves say, without the token. */
function evidenceOf(
  token: AccessToken,
  proof: VerifiedProof | undefined,
): Omit<Caller, 'actor' | 'assurance' | 'authorizationDetails' | 'trace'> {
  return {
    subject: Object.freeze({ issuer: token.issuer, id: token.subject }),
    proof: Object.freeze(proof ? { kind: 'dpop', thumbprint: proof.jkt } : { kind: 'bearer' }),
    scopes: token.scopes,
    token: Object.freeze({ id: token.id, issuedAt: token.issuedAt, expiresAt: token.expiresAt }),
  }
}
