import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProofKey } from '../../packages/engines/tokens/src/index.ts'
import { RESOURCE } from '../fixtures/desk/desk.ts'
import { EDGE, type MediatedDesk, openMediatedDesk } from '../fixtures/desk/mediated-desk.ts'
import { proves } from '../requirements/index.ts'
import { createCertifiedFetch } from './certified-fetch.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TYPE = 'urn:ietf:params:oauth:token-type:'

let world: MediatedDesk
beforeAll(async () => {
  world = await openMediatedDesk()
})
afterAll(() => world.close())

const parametersOf = (subject: string, changes: Readonly<Record<string, string>> = {}) => ({
  audience: 'desk.example',
  scope: 'greetings',
  requested_token_type: `${TYPE}txn_token`,
  subject_token: subject,
  subject_token_type: `${TYPE}access_token`,
  request_details: JSON.stringify({ tool: 'greet', arguments: { name: 'bob', times: 1 } }),
  ...changes,
})

/** The service as a client of either library sees it. */
const service = () => ({ issuer: RESOURCE, token_endpoint: `${world.origin}/.lockstep/token` })
const recognizedTokenTypes: oauth.RecognizedTokenTypes = { n_a: () => undefined }

test(proves('transactions:interop', 'oauth4webapi, as a gateway with its certificate'), async () => {
  const { accessToken } = await world.desk.agent({ scopes: ['greetings'] })
  const client: oauth.Client = { client_id: EDGE }
  const [as, options] = [service(), { [oauth.customFetch]: createCertifiedFetch(world.authority.pem, world.edge) }]
  const ask = (changes?: Readonly<Record<string, string>>) =>
    oauth.genericTokenEndpointRequest(
      as,
      client,
      oauth.TlsClientAuth(),
      GRANT,
      parametersOf(accessToken, changes),
      options,
    )
  const issued = await oauth.processGenericTokenEndpointResponse(as, client, await ask(), { recognizedTokenTypes })
  expect(issued).toMatchObject({
    token_type: 'n_a',
    issued_token_type: `${TYPE}txn_token`,
    scope: 'greetings',
    expires_in: expect.any(Number),
  })
  expect(issued.refresh_token).toBeUndefined()

  for (const [changes, error] of [
    [{ audience: 'other.example' }, 'invalid_target'],
    [{ scope: 'greetings all' }, 'invalid_scope'],
    [{ subject_token: 'x' }, 'invalid_request'],
    [{ request_details: '{"tool":"secret","arguments":{}}' }, 'access_denied'],
  ] as const) {
    const refused = oauth.processGenericTokenEndpointResponse(as, client, await ask(changes), { recognizedTokenTypes })
    await expect(refused).rejects.toMatchObject({ name: 'ResponseBodyError', error })
  }
})

test(proves('transactions:interop', 'oauth4webapi, as an agent with its key'), async () => {
  const pair = await oauth.generateKeyPair('ES256')
  const client: oauth.Client = { client_id: 'agent' }
  const key = await createProofKey()
  const DPoP = oauth.DPoP(client, pair)
  const jkt = await DPoP.calculateThumbprint()
  const { accessToken } = await world.desk.agent({ key, scopes: ['greetings'], claims: { cnf: { jkt } } })
  const as = service()
  // The proof is for the URL by which the service knows itself; here it is served at a free port.
  const [url, located] = [new URL('/.lockstep/token', RESOURCE), createCertifiedFetch(world.authority.pem)]
  const options = {
    DPoP,
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (_: string, init: oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>) =>
      located(as.token_endpoint, init as RequestInit),
  }
  const ask = (body: URLSearchParams) => {
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
    return oauth.protectedResourceRequest(accessToken, 'POST', url, headers, body.toString(), options)
  }
  const issued = await ask(new URLSearchParams({ grant_type: GRANT, ...parametersOf(accessToken) }))
  expect(await oauth.processGenericTokenEndpointResponse(as, client, issued, { recognizedTokenTypes })).toMatchObject({
    token_type: 'n_a',
    issued_token_type: `${TYPE}txn_token`,
  })
  const refused = await ask(new URLSearchParams({ grant_type: 'authorization_code', ...parametersOf(accessToken) }))
  await expect(
    oauth.processGenericTokenEndpointResponse(as, client, refused, { recognizedTokenTypes }),
  ).rejects.toMatchObject({ error: 'unsupported_grant_type', status: 400 })
})

test(proves('transactions:interop', 'openid-client'), async () => {
  const { accessToken } = await world.desk.agent({ scopes: ['greetings'] })
  const configuration = new openid.Configuration(service(), EDGE, undefined, openid.TlsClientAuth())
  const send = createCertifiedFetch(world.authority.pem, world.edge)
  configuration[openid.customFetch] = (url, init) => send(url, init as RequestInit)
  const issued = await openid.genericGrantRequest(configuration, GRANT, parametersOf(accessToken))
  expect(issued).toMatchObject({ token_type: 'n_a', issued_token_type: `${TYPE}txn_token`, scope: 'greetings' })
  expect(issued.expiresIn()).toBeGreaterThan(50)
  const other = parametersOf(accessToken, { audience: 'other.example' })
  const refused = openid.genericGrantRequest(configuration, GRANT, other)
  await expect(refused).rejects.toMatchObject({ error: 'invalid_target', status: 400 })
})
