/**
 * Tokens in the form that the vendors' documentation gives; none was recorded from a live tenant. `docs/reference/issuers.md` names the
 * pages.
 */
import type { IssuerPreset } from '@lockstep/tokens'

export interface Sample {
  readonly says: string
  readonly header: Readonly<Record<string, unknown>>
  /** `undefined` leaves one out. */
  readonly claims: Readonly<Record<string, unknown>>
  /** How the issuer is configured beyond preset and audience. */
  readonly options?: object
  /** What an accepted token is read as. */
  readonly reads?: object
}

const TENANT = '7f9d3b1c-2f3e-4a57-9d8e-5c1b2a3d4e5f'
const API = '11112222-bbbb-3333-cccc-4444dddd5555'
const CLIENT = '66667777-aaaa-8888-bbbb-9999cccc0000'
const CNF = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }

export const VENDORS: Readonly<Record<IssuerPreset, { readonly issuer: string; readonly audience: string }>> = {
  auth0: { issuer: 'https://tenant.eu.auth0.com/', audience: 'https://api.example.com/notes' },
  okta: { issuer: 'https://example.okta.com/oauth2/default', audience: 'api://default' },
  entra: { issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`, audience: API },
  keycloak: { issuer: 'https://keycloak.example.com/realms/demo', audience: 'mcp-server' },
}

const auth0 = {
  iss: VENDORS.auth0.issuer,
  sub: 'auth0|a1b2c3d4',
  aud: VENDORS.auth0.audience,
  azp: 'planner-spa',
  scope: 'notes:read notes:write',
  cnf: CNF,
}
const okta = {
  ver: 1,
  jti: 'AT.kq3ZbV7yQd1mW5sT9uLxE2cR8hNfJ0aGp6oYiXvKtC4',
  iss: VENDORS.okta.issuer,
  aud: VENDORS.okta.audience,
  sub: 'alice@example.com',
  cid: '0oa9mcpclient1Zx5d7',
  uid: '00u1alice2Xy3Zq4d7',
  scp: ['notes:read', 'notes:write'],
  auth_time: 1_799_999_000,
  cnf: CNF,
}
const entra = {
  aud: API,
  iss: VENDORS.entra.issuer,
  azp: CLIENT,
  azpacr: '0',
  sub: 'pT7wYk2Zc9Qm4Vn1XbR6sLdH0jGf8aEuKoNiCvWxBqM',
  oid: '5b8e1c3a-9d2f-4a6b-8c7d-0e1f2a3b4c5d',
  tid: TENANT,
  scp: 'access_as_user Notes.Read',
  uti: 'Zk4vT1nXc0yQm7bRwLsD2A',
  ver: '2.0',
  acrs: ['c1', 'c3'],
}
const keycloak = {
  jti: 'onrtac:6a5d8d5f-6c3a-4f1e-9c0b-2e7f4c0f7a11',
  iss: VENDORS.keycloak.issuer,
  aud: VENDORS.keycloak.audience,
  sub: '2a6d7d0e-0d0c-4c2b-8a52-6c1e4b7b6f10',
  typ: 'DPoP',
  azp: 'demo-app',
  sid: 'bd0b2c8e-8c8b-4d51-a1c9-5d9ff8d0a001',
  acr: '1',
  scope: 'notes:read profile',
  cnf: CNF,
}

interface Samples {
  readonly accepted: readonly Sample[]
  readonly refused: readonly Sample[]
}

const jwt = { typ: 'JWT' }
const without = (claims: Sample['claims'], ...names: readonly string[]) => ({
  ...claims,
  ...Object.fromEntries(names.map((name) => [name, undefined])),
})

export const SAMPLES: Readonly<Record<IssuerPreset, Samples>> = {
  auth0: {
    accepted: [
      {
        says: 'the default profile',
        header: jwt,
        claims: { ...auth0, permissions: ['notes:delete'] },
        reads: { clientId: 'planner-spa', scopes: ['notes:read', 'notes:write'], acrValues: [] },
      },
      {
        says: 'the RFC 9068 profile',
        header: { typ: 'at+jwt' },
        claims: { ...without(auth0, 'azp'), client_id: 'planner-spa', jti: 'mX4tQ9wZc7Rb2nVk1LsDyH' },
        reads: { clientId: 'planner-spa', id: 'mX4tQ9wZc7Rb2nVk1LsDyH' },
      },
      {
        says: 'with the userinfo endpoint beside the API, where it is listed',
        header: jwt,
        claims: { ...auth0, aud: [VENDORS.auth0.audience, 'https://tenant.eu.auth0.com/userinfo'] },
        options: { multiAudience: ['https://tenant.eu.auth0.com/userinfo'] },
        reads: { subject: 'auth0|a1b2c3d4' },
      },
    ],
    refused: [
      { says: 'without azp', header: jwt, claims: without(auth0, 'azp') },
      { says: 'two clients', header: jwt, claims: { ...auth0, client_id: 'another' } },
      {
        says: 'with the userinfo endpoint, by default',
        header: jwt,
        claims: { ...auth0, aud: [VENDORS.auth0.audience, 'https://tenant.eu.auth0.com/userinfo'] },
      },
      { says: 'an id token', header: jwt, claims: { ...without(auth0, 'scope'), aud: 'planner-spa', nonce: 'n' } },
      {
        says: 'scopes that are a list',
        header: jwt,
        claims: { ...auth0, scope: ['notes:read'] },
      },
    ],
  },
  okta: {
    accepted: [
      {
        says: 'of a custom authorization server',
        header: {},
        claims: okta,
        reads: {
          clientId: okta.cid,
          id: okta.jti,
          scopes: ['notes:read', 'notes:write'],
          authenticatedAt: okta.auth_time,
          confirmation: CNF,
        },
      },
      {
        says: 'with an acr',
        header: {},
        claims: { ...okta, acr: 'urn:okta:loa:2fa:any' },
        reads: { acrValues: ['urn:okta:loa:2fa:any'] },
      },
    ],
    refused: [
      { says: 'of the org authorization server', header: { typ: 'application/okta-internal-at+jwt' }, claims: okta },
      {
        says: 'an id token for the same name',
        header: {},
        claims: { ...without(okta, 'cid', 'scp'), jti: 'ID.t5RkW2nYc8bQz1LmV6xHd3JpS9gFaE7uToXiCvKqN0M', amr: ['pwd'] },
      },
      { says: 'without cid', header: {}, claims: without(okta, 'cid') },
      { says: 'without cid, with client_id', header: {}, claims: { ...without(okta, 'cid'), client_id: 'x' } },
      { says: 'without jti', header: {}, claims: without(okta, 'jti') },
      { says: 'a scope of two names', header: {}, claims: { ...okta, scp: ['notes:read notes:write'] } },
      { says: 'a scope that is no name', header: {}, claims: { ...okta, scp: [1] } },
      { says: 'another kind by its type', header: jwt, claims: okta },
    ],
  },
  entra: {
    accepted: [
      {
        says: 'version 2.0',
        header: jwt,
        claims: entra,
        reads: {
          subject: entra.sub,
          clientId: CLIENT,
          id: entra.uti,
          scopes: ['access_as_user', 'Notes.Read'],
          acrValues: ['c1', 'c3'],
        },
      },
      {
        says: 'version 1.0',
        header: { ...jwt, x5t: 'i6lGk3FZzxRcUb2C3nEQ7syHJlY' },
        claims: {
          ...without(entra, 'azp', 'azpacr', 'acrs'),
          iss: `https://sts.windows.net/${TENANT}/`,
          aud: `api://${API}`,
          appid: CLIENT,
          acr: '1',
          ver: '1.0',
        },
        options: { issuer: `https://sts.windows.net/${TENANT}/`, audience: `api://${API}` },
        reads: { clientId: CLIENT, acrValues: [] },
      },
      {
        says: 'of an application for itself',
        header: jwt,
        claims: { ...without(entra, 'scp', 'acrs'), idtyp: 'app', roles: ['Notes.Read.All'] },
        reads: { clientId: CLIENT, scopes: [] },
      },
    ],
    refused: [
      {
        says: 'an id token for the same application',
        header: jwt,
        claims: { ...without(entra, 'azp', 'azpacr', 'scp'), preferred_username: 'alice@example.com', roles: ['x'] },
      },
      {
        says: 'an id token that names a client',
        header: jwt,
        claims: { ...without(entra, 'scp'), roles: ['Notes.Read.All'] },
      },
      {
        says: 'for Microsoft Graph',
        header: { ...jwt, nonce: 'c2VjcmV0IG5vbmNl' },
        claims: { ...entra, aud: '00000003-0000-0000-c000-000000000000' },
      },
      { says: 'a nonce in the header, for us', header: { ...jwt, nonce: 'c2VjcmV0IG5vbmNl' }, claims: entra },
      { says: 'without azp', header: jwt, claims: without(entra, 'azp') },
      { says: 'without uti', header: jwt, claims: without(entra, 'uti') },
      { says: 'a version unknown', header: jwt, claims: { ...entra, ver: '3.0' } },
      { says: 'without a version', header: jwt, claims: without(entra, 'ver') },
      { says: 'clients that differ', header: jwt, claims: { ...entra, appid: API } },
      {
        says: 'another tenant',
        header: jwt,
        claims: { ...entra, iss: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0' },
      },
      {
        says: 'the common endpoint',
        header: jwt,
        claims: { ...entra, iss: 'https://login.microsoftonline.com/common/v2.0' },
      },
      {
        says: 'the application URI where the id is configured',
        header: jwt,
        claims: { ...entra, aud: `api://${API}` },
      },
      { says: 'of a type that it never has', header: { typ: 'at+jwt' }, claims: entra },
    ],
  },
  keycloak: {
    accepted: [
      {
        says: 'bound by DPoP',
        header: jwt,
        claims: keycloak,
        reads: { clientId: 'demo-app', scopes: ['notes:read', 'profile'], acrValues: ['1'], confirmation: CNF },
      },
      {
        says: 'the header type of RFC 9068',
        header: { typ: 'at+jwt' },
        claims: { ...keycloak, typ: 'Bearer', client_id: 'demo-app' },
        reads: { clientId: 'demo-app' },
      },
    ],
    refused: [
      { says: 'an id token for the same name', header: jwt, claims: { ...keycloak, typ: 'ID' } },
      { says: 'a refresh token', header: jwt, claims: { ...keycloak, typ: 'Refresh' } },
      { says: 'an offline token', header: jwt, claims: { ...keycloak, typ: 'Offline' } },
      { says: 'a logout token', header: jwt, claims: { ...keycloak, typ: 'Logout' } },
      { says: 'without a kind', header: jwt, claims: without(keycloak, 'typ') },
      { says: 'without azp', header: jwt, claims: without(keycloak, 'azp') },
      { says: 'a lightweight one', header: jwt, claims: without(keycloak, 'sub') },
      { says: 'for the account console', header: jwt, claims: { ...keycloak, aud: 'account' } },
      {
        says: 'another realm',
        header: jwt,
        claims: { ...keycloak, iss: 'https://keycloak.example.com/realms/master' },
      },
    ],
  },
}
