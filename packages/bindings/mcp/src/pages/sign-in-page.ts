import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Clock,
  type ErrorCode,
  type JsonObject,
  type SingleUseStore,
  signInAge,
  standingUnder,
} from '@lockstep/core'
import { assessAssurance } from '@lockstep/gateway'
import type { SignIns } from '../signing-in/open-sign-ins.ts'
import type { SignInRequest } from '../signing-in/sign-in-request.ts'
import { redirect, sendPage } from './answer-browser.ts'
import { createPageCookie, type PageCookieOptions } from './page-cookies.ts'
import { PAGE_PATHS, PAGES_ACTOR } from './page-paths.ts'
import { readOwnForm } from './read-own-form.ts'
import { markup, renderPage } from './render-page.ts'
import { renderSignIn, renderUnmet } from './render-sign-in.ts'
import type { SignedIn } from './sign-in-client.ts'

/** What the page of signing in for a call is made of. */
export interface SignInPageParts extends PageCookieOptions {
  readonly signIns: SignIns
  readonly issuer: string
  readonly origin: string
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  readonly isRevoked: SingleUseStore['isRevoked']
  readonly completed: (request: string) => void
  readonly clock: Clock
  readonly sendToSignIn: (response: ServerResponse, text: string, request: SignInRequest) => Promise<void>
  readonly record: (trace: string, code: ErrorCode | undefined, subject?: string, detail?: JsonObject) => Promise<void>
  readonly refuse: (response: ServerResponse, trace: string, code: ErrorCode, subject?: string) => Promise<void>
}

/** The page where a person signs in for one call of theirs. */
export interface SignInPage {
  /** Answers a request for it. @param text the sealed request of the address */
  serve(request: IncomingMessage, response: ServerResponse, text: string, trace: string): Promise<void>
  /** Takes a person who comes back from the issuer. */
  comeBack(response: ServerResponse, text: string, person: SignedIn, trace: string, clear: string): Promise<void>
}

/** A sign-in that was made for one request, in the browser that it was made in. */
interface Proof extends JsonObject {
  readonly request: string
  readonly csrf: string
  readonly acr: string
  /** Seconds since the epoch; -1 where the issuer does not tell. */
  readonly authenticatedAt: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** How long a sign-in counts for its call, from when its person came back. */
const COUNTS_MS = 300_000

/**
 * Creates the page. Whoever opens it signs in at the issuer, which is asked for the strength and the age that the call needs. Nobody but the call's own
 * person sees it then, and only a sign-in of that strength and age goes further: that person looks at the call and lets it go on, or not. Then it is kept
 * for this call alone, and for a short time.
 */
export function createSignInPage(parts: SignInPageParts): SignInPage {
  const { signIns, issuer, origin, acrValues, isRevoked, completed, clock, sendToSignIn, record, refuse } = parts
  const proofs = createPageCookie<Proof>('step-up', COUNTS_MS / 1_000, parts)

  /** When a sign-in counts no more: soon, and sooner where it is too old by then. Undefined where it does not count. */
  const countsUntil = (
    { demand }: SignInRequest,
    { acr, authenticatedAt, at }: Pick<Proof, 'acr' | 'authenticatedAt' | 'at'>,
  ) => {
    const stated = { acrValues: [acr], ...(authenticatedAt < 0 ? {} : { authenticatedAt }) }
    const assurance = assessAssurance(stated, acrValues)
    if (demand.acr !== undefined && !assurance.satisfied.includes(demand.acr)) return undefined
    const { maxAge } = demand
    if (maxAge === undefined) return at + COUNTS_MS
    const age = signInAge(assurance, clock())
    if (age === undefined || age > maxAge) return undefined
    return Math.min(at + COUNTS_MS, Math.floor((authenticatedAt + maxAge) * 1_000))
  }

  /** The sign-in of this browser for this request, as long as it counts. */
  const proofOf = async (request: IncomingMessage, wanted: SignInRequest) => {
    const proof = await proofs.read(request)
    if (proof?.request !== wanted.id) return undefined
    const until = countsUntil(wanted, proof)
    if (until === undefined || until <= clock()) return undefined
    const people = [{ subject: { issuer, id: wanted.subject } }, { actor: wanted.actor }, { actor: PAGES_ACTOR }]
    return (await isRevoked(standingUnder(proof.at / 1_000, people))) ? undefined : { ...proof, until }
  }

  const decide = async (
    request: IncomingMessage,
    response: ServerResponse,
    wanted: SignInRequest,
    trace: string,
  ): Promise<void> => {
    const { id, subject } = wanted
    const proof = await proofOf(request, wanted)
    if (!proof) return refuse(response, trace, 'gateway.credentials-missing')
    const fields = await readOwnForm(request, origin, proof.csrf)
    if (!fields) return refuse(response, trace, 'gateway.origin', subject)
    const goesOn = fields.get('answer') === 'approve'
    await record(trace, undefined, subject, { signIn: id, answer: goesOn ? 'approve' : 'deny' })
    if (!goesOn) return stopped(response, proofs.clear)
    const { acr, authenticatedAt, at, until } = proof
    await signIns.events.record(wanted, {
      id,
      ...(acr === '' ? {} : { acr }),
      ...(authenticatedAt < 0 ? {} : { authenticatedAt }),
      at,
      expiresAt: until,
    })
    completed(id)
    response.setHeader('set-cookie', proofs.clear)
    const done = markup`<p>The call may go on, once. Go back to the program that sent you here.</p>`
    sendPage(response, 200, renderPage('You signed in', done))
  }

  return {
    async serve(request, response, text, trace) {
      const wanted = await signIns.requests.open(text)
      if (!wanted || wanted.issuer !== issuer) return nothingHere(response)
      if (request.method === 'POST') return decide(request, response, wanted, trace)
      if (request.method !== 'GET') return refuse(response, trace, 'gateway.method-unsupported')
      const proof = await proofOf(request, wanted)
      return proof ? sendPage(response, 200, renderSignIn(wanted, proof.csrf)) : sendToSignIn(response, text, wanted)
    },
    async comeBack(response, text, { subject, acr = '', authenticatedAt = -1 }, trace, clear) {
      const wanted = await signIns.requests.open(text)
      response.setHeader('set-cookie', clear)
      // INVARIANT: who signs in for a call is whose call it is (MCP, URL elicitation: the one who opens the page is the one who started it).
      if (!wanted || wanted.issuer !== issuer || wanted.subject !== subject) {
        await record(trace, 'gateway.path-unknown', subject)
        return nothingHere(response)
      }
      const detail = { signIn: wanted.id, ...(acr === '' ? {} : { acr }) }
      const proof = { acr, authenticatedAt, at: Math.floor(clock()) }
      if (countsUntil(wanted, proof) === undefined) {
        await record(trace, 'invocation.denied', subject, detail)
        return sendPage(response, 403, renderUnmet(wanted.demand))
      }
      await record(trace, undefined, subject, detail)
      const csrf = randomBytes(32).toString('base64url')
      const cookie = await proofs.set({ ...proof, request: wanted.id, csrf })
      redirect(response, `${origin}${PAGE_PATHS.signIn}${text}`, [cookie, clear])
    },
  }
}

function stopped(response: ServerResponse, clear: string): void {
  response.setHeader('set-cookie', clear)
  sendPage(response, 200, renderPage('Nothing was allowed', markup`<p>The call does not get your sign-in.</p>`))
}

/** The same for an address that nobody made, that is too old, and that is of somebody else. */
function nothingHere(response: ServerResponse): void {
  sendPage(response, 404, renderPage('Nothing here for you', markup`<p>There is no such call, or it is not yours.</p>`))
}
