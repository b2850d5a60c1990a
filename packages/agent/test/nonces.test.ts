import { createAgentFetch, createNonceBook, createProofKey, exchangeToken, requestTxnToken } from '@lockstep/agent'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { type Answer, claimsOf } from './local-server.ts'
import { inTurn, says, sent, serve } from './serving.ts'

const key = await createProofKey()
const nonceOf = (proof: unknown) => claimsOf(proof).nonce

/** Takes the latest nonce only, and gives out the next one with every answer. */
function strict(accepted: Answer, demand: Answer): Answer {
  let count = 0
  return (request, response, raw) => {
    const fits = count > 0 && nonceOf(request.headers.dpop) === `n-${count}`
    response.setHeader('dpop-nonce', `n-${++count}`)
    return (fits ? accepted : demand)(request, response, raw)
  }
}
const resourceDemand = says(401, {}, { 'www-authenticate': 'Bearer realm="x", DPoP error="use_dpop_nonce"' })
const tokenDemand = says(400, { error: 'use_dpop_nonce' })

test(proves('agent:nonces'), async () => {
  const resource = await serve(strict(says(200, {}), resourceDemand))
  const grant = { access_token: 'new', token_type: 'DPoP' }
  const as = await serve(strict(says(200, grant), tokenDemand))
  const nonces = createNonceBook()
  const send = createAgentFetch({ key, accessToken: 'token', nonces })
  const exchange = () =>
    exchangeToken({
      tokenEndpoint: `${as.origin}/token`,
      ...{ key, nonces, subjectToken: 's', actorToken: 'a', clientId: 'c' },
    })
  for (let turn = 0; turn < 3; turn++) {
    expect((await send(resource.origin)).status).toBe(200)
    expect((await exchange()).accessToken).toBe('new')
  }
  for (const server of [resource, as]) {
    expect(sent(server, 'dpop').map(nonceOf), 'one demand, and then always the latest').toEqual([
      undefined,
      ...['n-1', 'n-2', 'n-3'],
    ])
    expect(new Set(sent(server, 'dpop').map((proof) => claimsOf(proof).jti)).size).toBe(4)
  }
})

test(proves('agent:nonces', 'with the transaction token service of the resource'), async () => {
  const issued = { access_token: 't', issued_token_type: 'urn:ietf:params:oauth:token-type:txn_token' }
  const service = await serve(strict(says(200, { ...issued, token_type: 'N_A' }), resourceDemand))
  const nonces = createNonceBook()
  await createAgentFetch({ key, accessToken: 'token', nonces })(service.origin)
  const request = {
    endpoint: `${service.origin}/.lockstep/token`,
    ...{ key, nonces, accessToken: 'token', trustDomain: 'd', scope: 's', tool: 'pay', arguments: {} },
  }
  expect(await requestTxnToken(request)).toBe('t')
  expect(sent(service, 'dpop').map(nonceOf)).toEqual([undefined, 'n-1', 'n-2'])
})

test(proves('agent:nonces', 'without end'), async () => {
  let count = 0
  const server = await serve((...args) => {
    args[1].setHeader('dpop-nonce', `n-${++count}`)
    return resourceDemand(...args)
  })
  expect((await createAgentFetch({ key, accessToken: 'token', tries: 5 })(server.origin)).status).toBe(401)
  expect(server.seen).toHaveLength(2)
})

test(proves('agent:nonces', 'that are none'), async () => {
  const server = await serve(inTurn(says(200, {}, { 'dpop-nonce': 'a b"' }), says(200, {})))
  const send = createAgentFetch({ key, accessToken: 'token' })
  await send(server.origin)
  await send(server.origin)
  expect(sent(server, 'dpop').map(nonceOf)).toEqual([undefined, undefined])
})

test(proves('agent:nonces', 'of many origins'), () => {
  const book = createNonceBook()
  const answer = (nonce: string) => new Response(null, { headers: { 'dpop-nonce': nonce } })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(99), fc.stringMatching(/^[!-~]{1,9}$/))), (answers) => {
      for (const [port, nonce] of answers) {
        const url = `http://127.0.0.1:${port + 1}/a?b`
        const before = book.nonceFor(url)
        book.learn(url, answer(nonce))
        expect(book.nonceFor(new URL(url).origin)).toBe(/["\\]/.test(nonce) ? before : nonce)
      }
      const kept = Array.from({ length: 100 }, (_, port) => book.nonceFor(`http://127.0.0.1:${port + 1}`))
      expect(kept.filter((nonce) => nonce !== undefined).length).toBeLessThanOrEqual(64)
    }),
  )
})
