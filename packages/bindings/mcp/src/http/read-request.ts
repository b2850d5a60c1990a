import type { IncomingMessage } from 'node:http'
import { type Caller, freshId, type JsonObject } from '@lockstep/core'
import type { SentHeaders } from '../mirrored/headers-agree.ts'

/** The W3C trace id of the request, or a new one. */
export function readTrace(request: IncomingMessage): string {
  return traceOf(request.headers.traceparent)
}

/** The trace id of a W3C `traceparent`, or a new one where there is none that can be read. */
export function traceOf(traceparent: unknown): string {
  const given = /^00-(?!0{32})(?<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(traceparent ?? ''))
  return given?.groups?.trace ?? freshId('hex')
}

/** The headers as they were sent, in pairs: joined headers hide duplicates. */
export function headerPairs({ rawHeaders: raw }: IncomingMessage): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at < raw.length; at += 2) pairs.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return pairs
}

/** Every value of a header, by its lower-case name. */
export function sentHeaders({ headersDistinct }: IncomingMessage): SentHeaders {
  return (name) => headersDistinct[name] ?? []
}

/** The access token that the gateway has just verified: the header is well-formed. */
export function accessTokenOf(request: IncomingMessage): string {
  return (request.headers.authorization ?? '').split(/ +/, 2)[1] ?? ''
}

/** How the caller is known, and when that was issued (never the token itself). Times are seconds since the epoch. */
export function callerEvidence({ proof, actor, assurance, token, authorizationDetails }: Caller): JsonObject {
  return {
    token: token.id,
    issuedAt: token.issuedAt,
    proof: proof.kind,
    ...(proof.thumbprint ? { key: proof.thumbprint } : {}),
    ...(proof.certificate ? { certificate: proof.certificate } : {}),
    actorBasis: actor.basis,
    ...(actor.chain.length > 0 ? { actorChain: [...actor.chain] } : {}),
    ...(assurance.acr ? { acr: assurance.acr } : {}),
    ...(authorizationDetails ? { authorizationDetails: authorizationDetails.length } : {}),
  }
}
