import { ACR_MFA, ACR_PASSWORD, type AssuranceLevel } from './assurance.ts'

/** The people who can sign in. The token's `sub` is `user:<name>`. */
const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const

/** A name that can sign in. */
export type PersonName = (typeof PEOPLE)[number]

/** Everybody's password. It stands in a public file: this is a demonstration, and it listens on the loopback only. */
export const DEMO_PASSWORD = 'demo-password'

/** Everybody's one-time code; a real server checks a second factor here. */
export const DEMO_ONE_TIME_CODE = '000000'

/** What a person typed. */
export interface Credentials {
  readonly name: string
  readonly password: string
  readonly oneTimeCode?: string | undefined
}

/** A person who signed in, and how (RFC 8176 method names). */
export interface SignedIn {
  readonly accountId: string
  readonly acr: AssuranceLevel
  readonly amr: readonly string[]
}

/**
 * Checks what a person typed. Returns `undefined` for a wrong name, password or code: a wrong code is not taken for a
 * weaker sign-in. The demo secrets are public, so comparing them needs no constant time.
 */
export function authenticate(credentials: Credentials): SignedIn | undefined {
  const person = PEOPLE.find((name) => name === credentials.name)
  if (!person || credentials.password !== DEMO_PASSWORD) return undefined
  const accountId = `user:${person}`
  if (credentials.oneTimeCode === undefined) return { accountId, acr: ACR_PASSWORD, amr: ['pwd'] }
  if (credentials.oneTimeCode !== DEMO_ONE_TIME_CODE) return undefined
  return { accountId, acr: ACR_MFA, amr: ['pwd', 'otp', 'mfa'] }
}

/** Whether an account of this server has the given id. */
export function isAccount(accountId: string): boolean {
  return PEOPLE.some((name) => `user:${name}` === accountId)
}
