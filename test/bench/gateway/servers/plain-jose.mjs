import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, jwtVerify } from 'jose'
import { ISSUER, RESOURCE } from '../credentials.mjs'

/** The same checks, written plainly with jose by somebody who knows them all. It reads JSON as jose does: less strictly than the gateway. */
export function create({ jwks }) {
  const keys = createLocalJWKSet(jwks)
  const used = new Map()
  let sweptAt = Date.now()

  const isFirstUse = (id) => {
    const now = Date.now()
    if (now - sweptAt > 1_000) {
      for (const [one, until] of used) if (until < now) used.delete(one)
      sweptAt = now
    }
    if (used.has(id)) return false
    used.set(id, now + 121_000)
    return true
  }

  const admit = async (request) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'dpop' || !token) throw new Error('no credentials')
    const { payload } = await jwtVerify(token, keys, {
      issuer: ISSUER,
      audience: RESOURCE,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp'],
    })
    const proofs = request.headersDistinct.dpop ?? []
    if (proofs.length !== 1) throw new Error('no proof')
    const proof = await jwtVerify(proofs[0], EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256', 'EdDSA'] })
    const { htm, htu, ath, iat, jti } = proof.payload
    if (htm !== request.method) throw new Error('htm')
    const { origin, pathname } = new URL(htu)
    const expected = new URL(request.originalUrl, RESOURCE)
    if (origin !== expected.origin || pathname !== expected.pathname) throw new Error('htu')
    if (ath !== createHash('sha256').update(token).digest('base64url')) throw new Error('ath')
    if (Math.abs(Date.now() / 1000 - iat) > 60) throw new Error('iat')
    const jkt = await calculateJwkThumbprint(proof.protectedHeader.jwk)
    if (jkt !== payload.cnf?.jkt) throw new Error('jkt')
    if (!payload.scope.split(' ').includes('expenses:read')) throw new Error('scope')
    if (!payload.act?.sub) throw new Error('act')
    if (!isFirstUse(`${jkt}.${jti}`)) throw new Error('replayed')
    return { subject: payload.sub, actor: payload.act.sub }
  }

  const before = async (request, response, next) => {
    try {
      request.caller = await admit(request)
    } catch {
      return response.status(401).set('www-authenticate', 'DPoP').end()
    }
    next()
  }
  return { before }
}
