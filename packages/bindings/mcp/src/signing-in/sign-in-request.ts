import { randomUUID } from 'node:crypto'
import type { Caller, Clock, JsonObject, SignInDemand } from '@lockstep/core'
import { shown } from '@lockstep/invocation'
import { createGrantSealer, createSealingKey } from '@lockstep/tokens'
import { callBinding, type RoundCall } from '../elicitation/call-binding.ts'

/** A call that waits for its person to sign in on a page. */
export interface SignInRequest {
  readonly id: string
  /** The digest of the call. */
  readonly binding: string
  /** Whose call it is: nobody else signs in for it. */
  readonly issuer: string
  readonly subject: string
  readonly actor: string
  readonly demand: SignInDemand
  /** What the person is to read, on single lines with nothing hidden in them. */
  readonly shown: readonly JsonObject[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A call, and what its person is shown of it. */
export interface ShownCall extends RoundCall {
  /** As they came over the wire, which is what the digest is of. */
  readonly arguments: JsonObject
}

/** Calls as addresses of pages. */
export interface SignInRequests {
  /** Seals a request into a text for the address of its page. Nothing is kept, so no agent fills a store with them. */
  issue(caller: Caller, call: ShownCall, demand: SignInDemand): Promise<{ readonly id: string; readonly text: string }>
  /** What was sealed here and is not too old; undefined for anything else. */
  open(text: string): Promise<SignInRequest | undefined>
}

/** What `createSignInRequests` needs. */
export interface SignInRequestsOptions {
  readonly grantKey: string
  readonly trustDomain: string
  readonly policyVersion: () => string
  readonly clock: Clock
}

/** Milliseconds in which a person may follow the address. */
const LIFETIME_MS = 600_000
/** Browsers keep no longer cookies, and the text goes through one on the way to the issuer and back. */
const MOST_CHARACTERS = 2_000
const MOST_SHOWN = 400

/** Creates what names calls to the page of signing in, for all instances that share the key. */
export function createSignInRequests(options: SignInRequestsOptions): SignInRequests {
  const { grantKey, trustDomain, policyVersion, clock } = options
  const sealer = createGrantSealer({
    keys: [createSealingKey(grantKey)],
    trustDomain,
    type: 'lockstep-sign-in+jwe',
    mostCharacters: MOST_CHARACTERS,
  })
  return {
    async issue(caller, call, { acr, maxAge }) {
      const id = randomUUID()
      const { issuer, id: subject } = caller.subject
      const text = await sealer.seal({
        id,
        binding: callBinding(caller, call, policyVersion()),
        issuer,
        subject,
        actor: caller.actor.id,
        demand: { ...(acr === undefined ? {} : { acr }), ...(maxAge === undefined ? {} : { maxAge }) },
        shown: describe(call),
        expiresAt: Math.floor(clock()) + LIFETIME_MS,
      })
      return { id, text }
    },
    async open(text) {
      // attacker-controlled: the address. INVARIANT: only `issue` seals this type.
      const request = (await sealer.open(text)) as (JsonObject & SignInRequest) | undefined
      return request && request.expiresAt > clock() ? request : undefined
    },
  }
}

/** The tool and the arguments, as far as there is room: a person who does not recognize the call goes no further. */
function describe({ tool, arguments: given }: ShownCall): JsonObject[] {
  const members = [
    shown('tool', tool),
    ...Object.entries(given).map(([name, value]) =>
      shown(name, typeof value === 'string' ? value : JSON.stringify(value)),
    ),
  ]
  let left = MOST_SHOWN
  const fitting = members.filter(({ name, value, ascii }) => {
    left -= name.length + value.length + (ascii?.length ?? 0)
    return left >= 0
  })
  const cut = fitting.length < members.length ? [shown('…', `${members.length - fitting.length} more`)] : []
  return [...fitting, ...cut].map(({ name, value, ascii }) => ({
    name,
    value,
    ...(ascii === undefined ? {} : { ascii }),
  }))
}
