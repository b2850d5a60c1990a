import { createSigningKey, type SigningKey, signJwt } from '@lockstep/tokens'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, openDesk, RESOURCE } from '../fixtures/desk/desk.ts'
import { proves } from '../requirements/index.ts'
import { onExpress, onKoa, serve } from './serve.ts'

const ISSUER = 'https://issuer.test'
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'
const EVENTS = 'http://127.0.0.1:4199/.lockstep/events'
/** Beyond the time by which clocks may differ: what was issued then is older than a revocation of now. */
const EARLIER = 60

let keys: SigningKey
beforeAll(async () => {
  keys = await createSigningKey()
})

const jwk = () => ({ ...keys.publicJwk, kid: keys.thumbprint, alg: 'ES256', use: 'sig' })
const seconds = () => Math.floor(Date.now() / 1000)
let ids = 0
const named = (sub: string) => ({ format: 'iss_sub', iss: ISSUER, sub })
const set = (type: string, event: object, subject: object = named('user:ann')) => ({
  iss: ISSUER,
  aud: RESOURCE,
  jti: `event-${++ids}`,
  iat: seconds(),
  sub_id: subject,
  events: { [type]: event },
})
type Claims = Parameters<typeof signJwt>[2]
const sign = (claims: object, type = 'secevent+jwt') => signJwt(keys, type, claims as Claims)

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('security events, on %s', (framework, mount) => {
  let desk: Desk
  let server: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    desk = await openDesk({
      events: [
        {
          issuer: ISSUER,
          audience: RESOURCE,
          jwks: { keys: [jwk()] },
          authorization: 'Bearer transmitter',
          ignore: ['device-compliance-change'],
          subjectOf: ({ format, email }) =>
            format === 'email' && String(email).endsWith('@desk.example')
              ? { issuer: ISSUER, id: `user:${String(email).split('@')[0]}` }
              : undefined,
        },
      ],
    })
    server = await serve(mount(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
    desk.reach(server.port)
  })
  afterAll(async () => {
    await server.close()
    await desk.lockstep.close()
  })

  const push = async (body: string, headers: Record<string, string> = {}) => {
    const response = await desk.fetch(EVENTS, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt', authorization: 'Bearer transmitter', ...headers },
      body,
    })
    const text = await response.text()
    return { status: response.status, err: text === '' ? undefined : JSON.parse(text).err, text }
  }
  /** An agent of a person who signed in some time ago, unless told otherwise. */
  const agentOf = (subject: string, ago = EARLIER, id = `token-${++ids}`) =>
    desk.agent({ subject, claims: { iat: seconds() - ago, jti: id } })
  const greet = async ({ fetch }: { fetch: typeof globalThis.fetch }) => {
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call' }
    const response = await fetch(RESOURCE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ ...call, params: { name: 'greet', arguments: { name: 'world', times: 1 } } }),
    })
    await response.text()
    return response.status
  }
  const lastEvent = () => desk.audit.events.filter(({ step }) => step === 'system').at(-1)

  const WORSE = [
    ['session-revoked', {}],
    ['credential-change', { credential_type: 'password', change_type: 'revoke' }],
    ['assurance-level-change', { change_direction: 'decrease' }],
    ['risk-level-change', { current_level: 'HIGH' }],
  ] as const
  test.each(WORSE)(proves('revocation:events:revokes', `%s, ${framework}`), async (name, event) => {
    const person = `user:p${++ids}`
    const [before, after, ann] = [await agentOf(person), await agentOf(person, 5), await agentOf('user:ann')]
    expect(await greet(before)).toBe(200)
    const told = set(CAEP + name, { ...event, event_timestamp: seconds() - EARLIER + 5 }, named(person))
    expect(await push(await sign(told))).toEqual({ status: 202, err: undefined, text: '' })
    expect(await greet(before)).toBe(401)
    expect(await greet(after), 'who signed in afterwards').toBe(200)
    expect(await greet(ann), 'somebody else').toBe(200)
    expect(lastEvent()).toMatchObject({
      outcome: 'completed',
      subject: person,
      detail: { revoked: 'subject', reason: `security event ${name}` },
    })
  })

  const BETTER = [
    ['credential-change', { change_type: 'create' }],
    ['assurance-level-change', { change_direction: 'increase' }],
    ['risk-level-change', { current_level: 'LOW' }],
    ['device-compliance-change', { current_status: 'not-compliant' }],
    ['session-established', {}],
  ] as const
  test.each(BETTER)(proves('revocation:events:nothing-worse', `%s, ${framework}`), async (name, event) => {
    const ann = await agentOf('user:ann', 5)
    expect(await push(await sign(set(CAEP + name, event)))).toMatchObject({ status: 202 })
    expect(await greet(ann)).toBe(200)
    expect(lastEvent()?.detail).toMatchObject({ transmitter: ISSUER, revoked: false })
  })

  const NAMING: readonly (readonly [string, (person: string, token: string) => object])[] = [
    ['one token', (_person, token) => ({ format: 'jwt_id', iss: ISSUER, jti: token })],
    ['a complex subject', (person) => ({ format: 'complex', user: named(`user:${person}`) })],
    ['an address', (person) => ({ format: 'email', email: `${person}@desk.example` })],
  ]
  test.each(NAMING)(proves('revocation:events:subjects', `%s, ${framework}`), async (_name, subjectOf) => {
    const [person, token] = [`p${++ids}`, `token-${++ids}`]
    const agent = await agentOf(`user:${person}`, EARLIER, token)
    expect(await greet(agent)).toBe(200)
    const told = set(`${CAEP}session-revoked`, {}, subjectOf(person, token))
    expect(await push(await sign(told))).toMatchObject({ status: 202 })
    expect(await greet(agent)).toBe(401)
  })

  test(proves('revocation:events:token', framework), async () => {
    const token = `token-${++ids}`
    const agent = await agentOf('user:ann', 5, token)
    const told = set(
      `${CAEP}session-revoked`,
      { event_timestamp: seconds() - EARLIER },
      { format: 'jwt_id', iss: ISSUER, jti: token },
    )
    expect(await greet(agent)).toBe(200)
    expect(await push(await sign(told))).toMatchObject({ status: 202 })
    expect(await greet(agent)).toBe(401)
    expect(await greet(await agentOf('user:ann', 5)), 'another token of the same person').toBe(200)
  })

  const revoked = `${CAEP}session-revoked`
  type Refused = readonly [name: string, err: string, make: () => Promise<string>, headers?: Record<string, string>]
  const REFUSED: readonly Refused[] = [
    ['another audience', 'invalid_audience', () => sign({ ...set(revoked, {}), aud: 'https://other.example' })],
    ['another transmitter', 'invalid_issuer', () => sign({ ...set(revoked, {}), iss: 'https://other.example' })],
    ['an access token', 'invalid_request', () => sign(set(revoked, {}), 'at+jwt')],
    ['a logout token', 'invalid_request', () => sign(set(revoked, {}), 'logout+jwt')],
    ['two events', 'invalid_request', () => sign({ ...set(revoked, {}), events: { [revoked]: {}, [`${CAEP}x`]: {} } })],
    ['no event', 'invalid_request', () => sign({ ...set(revoked, {}), events: {} })],
    ['an `exp`', 'invalid_request', () => sign({ ...set(revoked, {}), exp: seconds() + 60 })],
    ['the future', 'invalid_request', () => sign({ ...set(revoked, {}), iat: seconds() + 60 })],
    ['last month', 'invalid_request', () => sign({ ...set(revoked, {}), iat: seconds() - 30 * 86_400 })],
    ['nobody', 'invalid_request', async () => sign({ ...set(revoked, {}), sub_id: undefined })],
    ['an unknown form', 'invalid_request', () => sign(set(revoked, {}, { format: 'opaque', id: 'user:ann' }))],
    [
      'somebody of another issuer',
      'invalid_request',
      () => sign(set(revoked, {}, { format: 'iss_sub', iss: 'https://other.example', sub: 'user:ann' })),
    ],
    ['an unknown address', 'invalid_request', () => sign(set(revoked, {}, { format: 'email', email: 'x@y.example' }))],
    [
      'a key of somebody else',
      'invalid_key',
      async () => signJwt(await createSigningKey(), 'secevent+jwt', set(revoked, {}) as Claims),
    ],
    [
      'no signature',
      'invalid_key',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
        return `${part({ alg: 'none', typ: 'secevent+jwt' })}.${part(set(revoked, {}))}.AA`
      },
    ],
    [
      'a secret that is the public key',
      'invalid_key',
      () =>
        new SignJWT(set(revoked, {}) as Claims)
          .setProtectedHeader({ alg: 'HS256', typ: 'secevent+jwt' })
          .sign(Buffer.from(JSON.stringify(jwk()))),
    ],
    ['JSON', 'invalid_request', () => sign(set(revoked, {})), { 'content-type': 'application/json' }],
    ['20 kB', 'invalid_request', async () => 'x'.repeat(20_000)],
    ['another secret', 'authentication_failed', () => sign(set(revoked, {})), { authorization: 'Bearer other' }],
  ]
  const refused = REFUSED.map(([name, err, make, headers = {}]) => ({ name, err, make, headers }))
  test.each(refused)(proves('revocation:events:refused', `$name, ${framework}`), async ({ err, make, headers }) => {
    const ann = await agentOf('user:ann')
    const body = await make()
    const answer = await push(body, headers)
    expect(answer).toMatchObject({ status: err === 'authentication_failed' ? 401 : 400, err })
    expect(answer.text).not.toContain('user:ann')
    expect(await greet(ann), 'nothing was revoked').toBe(200)
    expect(lastEvent()).toMatchObject({ outcome: 'denied', detail: { securityEvent: err } })
  })

  test(proves('revocation:events:not-an-access-token', framework), async () => {
    const token = await sign(set(revoked, {}))
    const response = await desk.fetch(RESOURCE, { method: 'POST', headers: { authorization: `DPoP ${token}` } })
    expect(response.status).toBe(401)
  })

  test(proves('revocation:events:repeated', framework), async () => {
    const person = `user:p${++ids}`
    const told = await sign({ ...set(revoked, {}, named(person)), iat: seconds() - 30 })
    const [before, since] = [await agentOf(person), await agentOf(person, 5)]
    for (const time of ['first', 'second']) {
      expect(await push(told), time).toMatchObject({ status: 202 })
      expect(await greet(before), time).toBe(401)
      expect(await greet(since), time).toBe(200)
    }
  })
})

describe('what cannot be kept', () => {
  const opened: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const item of opened.splice(0).reverse()) await item.close()
  })

  test(proves('revocation:events:not-acknowledged'), async () => {
    const audit = { append: () => Promise.reject(new Error('the disk is full')) }
    const desk = await openDesk({ audit, events: [{ issuer: ISSUER, audience: RESOURCE, jwks: { keys: [jwk()] } }] })
    opened.push(desk.lockstep)
    const server = await serve(onExpress(desk.lockstep, () => desk.lockstep.guardServer(desk.createServer())))
    opened.unshift(server)
    desk.reach(server.port)
    const response = await desk.fetch(EVENTS, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: await sign(set(`${CAEP}session-revoked`, {})),
    })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ err: 'unavailable' })
  })

  test(proves('revocation:events:misconfigured'), async () => {
    const unkeyed = openDesk({ events: [{ issuer: ISSUER, audience: RESOURCE }] })
    await expect(unkeyed).rejects.toMatchObject({ code: 'configuration.invalid' })
  })
})
