import type { Denial } from '@lockstep/core'
import type { Answer, MessageId } from '../answer.ts'

/** A request of a verified sender that is refused for what it is, before anything was decided or used up. */
export interface Unread {
  readonly ok: false
  readonly denial: Denial
  /** The id of the message, where one was read. */
  readonly id?: MessageId
  /** The refusal in the form of this endpoint. @defaultValue the one of all refusals */
  readonly answer?: Answer
}
