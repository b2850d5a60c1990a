import { type Caller, type Outcome, type Standing, standingUnder } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'
import { assessAssurance } from './assess-assurance.ts'
import { nameActor } from './name-actor.ts'
import { requireDelegation } from './require-delegation.ts'

/** What a verified access token says of its caller, with whatever request it comes. */
export interface ReadToken {
  /** What the token itself says, without the token. */
  readonly evidence: Omit<Caller, 'proof' | 'trace'>
  /** Under which revocable names it stands: its subject, every actor of its chain, its client, itself. */
  readonly standing: readonly Standing[]
}

/** How tokens are read. */
export interface TokenReaderOptions {
  /** Actors of clients whose tokens carry no `act`, by client id. */
  readonly actors: ReadonlyMap<string, string>
  readonly autonomous: ReadonlySet<string>
  readonly acrValues: readonly string[]
  /** What this server is called in authorization details: its URL, and the audience under which an issuer knows it. */
  readonly namesOf: (issuer: string) => readonly string[]
}

/** Reads a token that came over a connection of this workload, if it proved to be one. Denies as `nameActor` and `requireDelegation` do. */
export type TokenReader = (token: AccessToken, workload: string | undefined) => Outcome<ReadToken>

/**
 * Creates what reads tokens. The verifier answers with the same object for a token that it remembers, and what follows from it is worked
 * out once; another connection may prove another actor.
 */
export function createTokenReader(options: TokenReaderOptions): TokenReader {
  const known = new WeakMap<AccessToken, { readonly workload: string | undefined; readonly read: Outcome<ReadToken> }>()
  return (token, workload) => {
    const found = known.get(token)
    if (found && found.workload === workload) return found.read
    const read = readToken(token, workload, options)
    known.set(token, { workload, read })
    return read
  }
}

function readToken(
  token: AccessToken,
  workload: string | undefined,
  { actors, autonomous, acrValues, namesOf }: TokenReaderOptions,
): Outcome<ReadToken> {
  const actor = nameActor(token, workload, actors)
  if (!actor.ok) return actor
  const alone = requireDelegation(token, actor.value, autonomous)
  if (alone) return { ok: false, denial: alone }
  const { issuer, subject, clientId, id, scopes, issuedAt, expiresAt } = token
  const standing = standingUnder(issuedAt, [
    { subject: { issuer, id: subject } },
    ...[actor.value.id, ...actor.value.chain].map((one) => ({ actor: one })),
    { client: { issuer, id: clientId } },
    { token: { issuer, id } },
  ])
  const evidence = Object.freeze({
    subject: Object.freeze({ issuer, id: subject }),
    actor: actor.value,
    assurance: assessAssurance(token, acrValues),
    scopes,
    ...detailsFor(token, namesOf(issuer)),
    token: Object.freeze({ id, issuedAt, expiresAt }),
  })
  return { ok: true, value: Object.freeze({ evidence, standing }) }
}

/** The details that are for this server. A token all of whose details are for others may do nothing here. */
function detailsFor(
  { authorizationDetails }: AccessToken,
  names: readonly string[],
): Pick<Caller, 'authorizationDetails'> {
  if (!authorizationDetails) return {}
  const ours = authorizationDetails.filter(({ locations }) => names.some((name) => locations.includes(name)))
  return { authorizationDetails: Object.freeze(ours) }
}
