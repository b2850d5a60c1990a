import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AuditSink,
  type Caller,
  type Clock,
  CODES,
  type ErrorCode,
  isLockstepError,
  type JsonObject,
  type Seal,
  type SingleUseStore,
  standingUnder,
} from '@lockstep/core'
import type { Answer } from '../answer.ts'
import type { SignIns } from '../signing-in/open-sign-ins.ts'
import type { SignInRequest } from '../signing-in/sign-in-request.ts'
import { redirect, sendPage } from './answer-browser.ts'
import { createPageCookie, type PageCookieOptions } from './page-cookies.ts'
import { PAGE_PATHS, PAGES_ACTOR } from './page-paths.ts'
import { readOwnForm } from './read-own-form.ts'
import { renderApproval } from './render-approval.ts'
import { markup, renderPage } from './render-page.ts'
import type { SignInBegun, SignInClient } from './sign-in-client.ts'
import { createSignInPage } from './sign-in-page.ts'

/** What pages are made of. */
export interface PagesParts extends PageCookieOptions {
  /** Whose subjects sign in. */
  readonly issuer: string
  /** Where people reach the pages. */
  readonly origin: string
  readonly signIn: SignInClient
  /** Asks the approvals' endpoints in person, and records it. Undefined for a method that they do not have. */
  readonly askInPerson: (method: string, path: string, caller: Caller) => Promise<Answer | undefined>
  readonly seal: Seal<Caller>['seal']
  readonly isRevoked: SingleUseStore['isRevoked']
  readonly audit: AuditSink
  /** Absent where nobody signs in on pages for a call. */
  readonly signIns: SignIns | undefined
  /** Is told the id of a request that its person has signed in for. */
  readonly completed: (request: string) => void
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  readonly clock: Clock
}

/** Pages for people, without a token: they sign in. */
export interface Pages {
  readonly serves: (path: string) => boolean
  /** Answers a request for a page. Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, target: string, trace: string): Promise<void>
}

interface Begun extends SignInBegun, JsonObject {
  /** What is between the path of the pages and the end of the address. */
  readonly page: string
  /** Of which pages it is one. */
  readonly of: 'approvals' | 'signIn'
}

interface Session extends JsonObject {
  readonly id: string
  readonly subject: string
  readonly csrf: string
  /** Seconds since the epoch. */
  readonly since: number
}

const SIGN_IN_SECONDS = 600
const SESSION_SECONDS = 600
const ID = /^[A-Za-z0-9_-]{32}$/

/**
 * Creates the pages. Whoever opens one signs in first, whether or not there is such a request; then they see what the endpoints tell that person:
 * what they asked for themselves, or what they may decide. What they decide is judged as if they had sent it with a token.
 */
export function createPages(parts: PagesParts): Pages {
  const { issuer, origin, signIn, askInPerson, seal, isRevoked, audit, signIns, clock } = parts
  const begun = createPageCookie<Begun>('sign-in', SIGN_IN_SECONDS, parts)
  const sessions = createPageCookie<Session>('session', SESSION_SECONDS, parts)

  const sessionOf = async (request: IncomingMessage): Promise<Session | undefined> => {
    const session = await sessions.read(request)
    if (!session) return undefined
    const names = [{ subject: { issuer, id: session.subject } }, { actor: PAGES_ACTOR }]
    return (await isRevoked(standingUnder(session.since, names))) ? undefined : session
  }

  const callerOf = ({ id, subject, since }: Session, trace: string): Caller =>
    seal({
      subject: { issuer, id: subject },
      actor: { id: PAGES_ACTOR, basis: 'proved', chain: [] },
      proof: { kind: 'bearer' },
      assurance: { satisfied: [] },
      scopes: [],
      token: { id, issuedAt: since, expiresAt: since + SESSION_SECONDS },
      trace,
    })

  const record = (trace: string, code: ErrorCode | undefined, subject?: string, detail: JsonObject = {}) =>
    audit.append({
      trace,
      step: 'gateway',
      outcome: code === undefined ? 'permitted' : 'denied',
      ...(subject === undefined ? {} : { subject, actor: PAGES_ACTOR }),
      ...(code === undefined ? {} : { code }),
      detail: { page: true, ...detail },
    })

  const refuse = async (response: ServerResponse, trace: string, code: ErrorCode, subject?: string) => {
    await record(trace, code, subject)
    const { says, fix, status } = CODES[code]
    sendPage(response, status === 401 ? 403 : status, renderPage('This does not work', markup`<p>${says}: ${fix}.</p>`))
  }

  const sendToSignIn = async (response: ServerResponse, approval: string) => {
    const { url, begun: started } = await signIn.begin()
    redirect(response, url, [await begun.set({ ...started, page: approval, of: 'approvals' })])
  }

  const signInPage =
    signIns &&
    createSignInPage({
      ...parts,
      signIns,
      record,
      refuse,
      sendToSignIn: async (response: ServerResponse, text: string, { demand }: SignInRequest) => {
        const { url, begun: started } = await signIn.begin(demand)
        redirect(response, url, [await begun.set({ ...started, page: text, of: 'signIn' })])
      },
    })

  const comeBack = async (request: IncomingMessage, response: ServerResponse, query: string, trace: string) => {
    const kept = await begun.read(request)
    if (!kept) return refuse(response, trace, 'gateway.credentials-missing')
    const person = await signIn.finish(query, kept).catch((error: unknown) => {
      if (isLockstepError(error)) throw error
      return undefined
    })
    if (!person) return refuse(response, trace, 'gateway.token-invalid')
    // A sign-in for a call opens no session: it is for that call.
    if (kept.of === 'signIn') return signInPage?.comeBack(response, kept.page, person, trace, begun.clear)
    const id = randomBytes(16).toString('base64url')
    const since = Math.floor(clock() / 1000)
    await record(trace, undefined, person.subject, { session: createHash('sha256').update(id).digest('base64url') })
    const csrf = randomBytes(32).toString('base64url')
    const session = await sessions.set({ id, subject: person.subject, csrf, since })
    redirect(response, `${origin}${PAGE_PATHS.approvals}${kept.page}`, [session, begun.clear])
  }

  const show = async (response: ServerResponse, session: Session, approval: string, trace: string) => {
    const answer = await askInPerson('GET', `/.lockstep/approvals/${approval}`, callerOf(session, trace))
    if (answer?.status !== 200) return sendPage(response, answer?.status ?? 404, absent(answer))
    const { subject, csrf } = session
    sendPage(response, 200, renderApproval(answer.body, { issuer, subject, csrf }))
  }

  const decide = async (
    request: IncomingMessage,
    response: ServerResponse,
    session: Session,
    approval: string,
    trace: string,
  ) => {
    const fields = await readOwnForm(request, origin, session.csrf)
    if (!fields) return refuse(response, trace, 'gateway.origin', session.subject)
    const answer = await askInPerson(
      'POST',
      `/.lockstep/approvals/${approval}/${fields.get('answer') === 'approve' ? 'approve' : 'deny'}`,
      callerOf(session, trace),
    )
    if (answer?.status !== 200) return sendPage(response, answer?.status ?? 404, absent(answer))
    redirect(response, `${origin}${PAGE_PATHS.approvals}${approval}`, [])
  }

  const route = async (request: IncomingMessage, response: ServerResponse, target: string, trace: string) => {
    const [path = '', search] = split(target)
    const isGet = request.method === 'GET'
    if (path === PAGE_PATHS.callback) {
      return isGet ? comeBack(request, response, search, trace) : refuse(response, trace, 'gateway.method-unsupported')
    }
    if (signInPage && path.startsWith(PAGE_PATHS.signIn)) {
      return signInPage.serve(request, response, path.slice(PAGE_PATHS.signIn.length), trace)
    }
    const approval = path.slice(PAGE_PATHS.approvals.length)
    if (!path.startsWith(PAGE_PATHS.approvals) || !ID.test(approval)) {
      return refuse(response, trace, 'gateway.path-unknown')
    }
    const session = await sessionOf(request)
    if (isGet) return session ? show(response, session, approval, trace) : sendToSignIn(response, approval)
    if (request.method !== 'POST') return refuse(response, trace, 'gateway.method-unsupported')
    return session
      ? decide(request, response, session, approval, trace)
      : refuse(response, trace, 'gateway.credentials-missing')
  }

  return {
    serves: (path) => path.startsWith('/.lockstep/pages/'),
    async serve(request, response, target, trace) {
      try {
        await route(request, response, target, trace)
      } catch (error) {
        const code = isLockstepError(error) ? error.code : 'state.unavailable'
        const { says, status } = CODES[code]
        if (!response.headersSent)
          sendPage(response, status, renderPage('This does not work now', markup`<p>${says}.</p>`))
      }
    },
  }
}

function split(target: string): [string, string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)]
}

function absent(answer: Answer | undefined): string {
  const error = answer?.body.error as JsonObject | undefined
  const data = error?.data as JsonObject | undefined
  const code = typeof data?.code === 'string' ? data.code : 'gateway.path-unknown'
  if (code === 'gateway.path-unknown' || !(code in CODES)) {
    return renderPage('Nothing here for you', markup`<p>There is no such request, or it is not for you to see.</p>`)
  }
  const { says, fix } = CODES[code as ErrorCode]
  return renderPage('This does not work', markup`<p>${says}: ${fix}.</p>`)
}
