import { createServer } from 'node:http'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { ISSUER, RESOURCE } from '../credentials.mjs'

/** express-oauth2-jwt-bearer with DPoP required. It keeps no replay memory and accepts any `typ`, so it checks less. */
export async function create({ jwks }) {
  const keys = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
  })
  await new Promise((done) => keys.listen(0, '127.0.0.1', done))
  const check = auth({
    issuer: ISSUER,
    audience: RESOURCE,
    jwksUri: `http://127.0.0.1:${keys.address().port}/jwks`,
    tokenSigningAlg: 'ES256',
    dpop: { enabled: true, required: true },
  })
  const scopes = requiredScopes('expenses:read')
  return {
    before: (request, response, next) =>
      check(request, response, (error) => (error ? next(error) : scopes(request, response, next))),
  }
}
