import { isJsonObject, type JsonObject } from '@lockstep/core'
import type { KeptApproval } from '@lockstep/invocation'
import type { Exchange } from '../exchange.ts'
import { type AskMethod, readAnswer } from './read-answer.ts'

/** What the rounds of a call before this one used up, so that it is used once for all of them. */
export interface UsedUp {
  /** The consent that was used for the first round. */
  readonly approval?: KeptApproval | undefined
  /** What was told of the calls before when the first round reserved what it spends. */
  readonly measured?: JsonObject | undefined
  /** The transaction token that came with the first round, and the resource that it was for. */
  readonly transaction?: Exchange['transaction']
  readonly resourceDigest?: string | undefined
}

/** A later round of a call whose handler asked for input: what our sealed state says of the round before. */
export interface ToolRound extends UsedUp {
  readonly id: string
  /** 1 for the first round after the call. */
  readonly number: number
  /** What was asked, by the names that the client was told. */
  readonly asked: Readonly<Record<string, { readonly key: string; readonly method: AskMethod }>>
  /** The server's own state, as it gave it. */
  readonly state?: string | undefined
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What the server gets of a later round: the answers to what was asked, under its own names, and its own state. */
export function answersOf({ asked, state }: ToolRound, { inputResponses }: JsonObject): JsonObject {
  const given = isJsonObject(inputResponses) ? inputResponses : {}
  // attacker-controlled: the answers. Those of nothing that was asked, or in another form than the protocol's, stay behind.
  const answers = Object.entries(asked).flatMap(([name, { key, method }]) => {
    const answer = Object.hasOwn(given, name) ? readAnswer(method, given[name]) : undefined
    return answer ? [[key, answer] as const] : []
  })
  return {
    ...(Object.keys(asked).length > 0 ? { inputResponses: Object.fromEntries(answers) } : {}),
    ...(state === undefined ? {} : { requestState: state }),
  }
}
