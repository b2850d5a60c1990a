import { createSeal, freshId, systemClock } from '@lockstep/core'
import { createGateway } from '@lockstep/gateway'
import { createMemoryState } from '@lockstep/stores/memory'
import { ISSUER, RESOURCE } from '../credentials.mjs'

const pairs = (raw) => {
  const headers = []
  for (let at = 0; at < raw.length; at += 2) headers.push([raw[at], raw[at + 1]])
  return headers
}

/** The gateway layer alone, through its public door: what it admits goes on, what it refuses is challenged. */
export function create({ jwks, verification }) {
  const gateway = createGateway({
    resource: RESOURCE,
    issuers: [{ issuer: ISSUER, jwks, algorithms: ['ES256'] }],
    singleUse: createMemoryState({ clock: systemClock }).singleUse,
    seal: createSeal().seal,
    scopes: ['expenses:read'],
    acrValues: ['urn:bench:pwd', 'urn:bench:mfa'],
    verification,
  })
  const before = async (request, response, next) => {
    const { method, originalUrl: url, rawHeaders } = request
    const trace = freshId('hex')
    const verified = await gateway.verify({ method, url, headers: pairs(rawHeaders), trace })
    const outcome = verified.ok ? await verified.value.admit() : verified
    if (outcome.ok) {
      request.caller = outcome.value
      return next()
    }
    const { status, headers } = gateway.challenge(outcome.denial)
    response.status(status).set(headers).end()
  }
  return { before }
}
