/// <reference path="./oidc-provider.d.ts" />
import type { IncomingMessage } from 'node:http'
import type { Context, Provider } from 'oidc-provider/lib/provider.js'
import { demandedLevel, satisfies } from './assurance.ts'
import { authenticate, type Credentials } from './person.ts'

const PATH = /^\/interaction\/([\w-]{20,100})$/
const BODY_BYTES = 4096

/** Where the sign-in of one interaction happens. */
export function interactionPath(uid: string): string {
  return `/interaction/${uid}`
}

/**
 * The sign-in: `GET` tells what is demanded, `POST` takes `username`, `password` and `one_time_code` as a form and sends the
 * person back into the authorization request. There is no page: the example plays the person over HTTP.
 *
 * Answers 400 `invalid_request` (no such interaction, malformed form), 401 `access_denied` (wrong name, password or code), 401
 * `one_time_code_required` (the demanded acr needs one) and 405; none of them signs anybody in.
 */
export function createInteractionEndpoint(
  provider: Provider,
): (context: Context, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const uid = PATH.exec(context.path)?.[1]
    if (uid === undefined) return next()
    context.set('cache-control', 'no-store')

    // INVARIANT: the interaction is the one of the cookie; the path only has to agree with it.
    const interaction = await provider.interactionDetails(context.req, context.res).catch(() => undefined)
    if (interaction?.uid !== uid) return refuse(context, 400, 'invalid_request', 'there is no such interaction')
    const demanded = demandedLevel(interaction.params.acr_values)
    if (!demanded || interaction.prompt.name !== 'login') {
      return refuse(context, 400, 'invalid_request', 'the interaction is not a sign-in')
    }

    if (context.method === 'GET') {
      context.status = 200
      context.body = { prompt: 'login', acr: demanded }
      return
    }
    if (context.method !== 'POST') return refuse(context, 405, 'invalid_request', 'use GET or POST')

    const credentials = await readCredentials(context.req)
    if (!credentials) return refuse(context, 400, 'invalid_request', 'send a form with username and password')
    const person = authenticate(credentials)
    if (!person) return refuse(context, 401, 'access_denied', 'the name, the password or the one-time code is wrong')
    if (!satisfies(person.acr, demanded)) {
      return refuse(context, 401, 'one_time_code_required', 'this sign-in needs a one-time code')
    }
    // The provider answers on the raw response; Koa sees that and stays out.
    await provider.interactionFinished(context.req, context.res, { login: person }, { mergeWithLastSubmission: false })
  }
}

function refuse(context: Context, status: number, error: string, description: string): void {
  context.status = status
  context.body = { error, error_description: description }
}

// attacker-controlled: the body is bounded before it is parsed, and every field must come once.
async function readCredentials(request: IncomingMessage): Promise<Credentials | undefined> {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) return undefined
    bytes += chunk.length
    if (bytes > BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
  const [name, password, oneTimeCode] = ['username', 'password', 'one_time_code'].map((field) => form.getAll(field))
  if (name?.length !== 1 || password?.length !== 1 || oneTimeCode === undefined || oneTimeCode.length > 1)
    return undefined
  return { name: name[0] ?? '', password: password[0] ?? '', oneTimeCode: oneTimeCode[0] }
}
