import type { Caller, Denial, JsonObject } from '@lockstep/core'
import type { SignInEvents } from '../signing-in/sign-in-events.ts'
import type { ShownCall, SignInRequests } from '../signing-in/sign-in-request.ts'
import type { RoundCall } from './call-binding.ts'

/** The page where a person signs in for one call, and what a client is told of it. */
export interface SignInPage {
  readonly id: string
  readonly url: string
  readonly unlock: JsonObject
}

/** Leads people to the page where they sign in for a call. */
export interface SignInPages {
  /** The page that a denial needs; undefined where no sign-in would help, or none on a page: of another issuer's people, or once more for the same call. */
  lead(caller: Caller, call: ShownCall, denial: Denial): Promise<SignInPage | undefined>
  hasSignedIn(caller: Caller, call: RoundCall): Promise<boolean>
}

/** What `createSignInPages` needs. */
export interface SignInPagesOptions {
  readonly requests: Pick<SignInRequests, 'issue'>
  readonly events: Pick<SignInEvents, 'find'>
  /** Whose people sign in on the pages. */
  readonly issuer: string
  /** The page of a sealed request. */
  readonly pageOf: (text: string) => string
}

/** Creates what leads people there. */
export function createSignInPages({ requests, events, issuer, pageOf }: SignInPagesOptions): SignInPages {
  const hasSignedIn = async (caller: Caller, call: RoundCall) => (await events.find(caller, call)) !== undefined
  return {
    hasSignedIn,
    async lead(caller, call, { unlock = {} }) {
      const { acr, maxAge } = unlock
      if ((acr === undefined && maxAge === undefined) || caller.subject.issuer !== issuer) return undefined
      // They just did, and it does not do: the same page would lead to the same answer.
      if (await hasSignedIn(caller, call)) return undefined
      const demand = { ...(acr === undefined ? {} : { acr }), ...(maxAge === undefined ? {} : { maxAge }) }
      const { id, text } = await requests.issue(caller, call, demand)
      return { id, url: pageOf(text), unlock: demand }
    },
  }
}
