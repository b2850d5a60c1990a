import { isLockstepError } from '@lockstep/core'
import { RelationRejection, type RelationRejectionReason } from '../relation-rejection.ts'

/** An answer of OpenFGA's HTTP API: a status and a JSON body. */
export interface OpenfgaAnswer {
  readonly status: number
  readonly body: object
}

/** A request that is refused, as OpenFGA's HTTP API refuses it. */
export class OpenfgaError extends Error {
  override readonly name = 'OpenfgaError'
  readonly answer: OpenfgaAnswer

  constructor(status: number, code: string, message: string) {
    super(message)
    this.answer = { status, body: { code, message } }
  }
}

/** OpenFGA's codes of our reasons. */
const CODES: Readonly<Record<RelationRejectionReason, string>> = {
  malformed: 'validation_error',
  'type-unknown': 'type_not_found',
  'relation-unknown': 'relation_not_found',
  'not-assignable': 'validation_error',
  'too-complex': 'authorization_model_resolution_too_complex',
  duplicate: 'write_failed_due_to_invalid_input',
  missing: 'write_failed_due_to_invalid_input',
  full: 'write_failed_due_to_invalid_input',
}

/** The answer to whatever was thrown. Of what is none of the caller's making it says nothing. */
export function answerOf(error: unknown): OpenfgaAnswer {
  if (error instanceof OpenfgaError) return error.answer
  if (error instanceof RelationRejection) return new OpenfgaError(400, CODES[error.reason], error.message).answer
  const isBusy = isLockstepError(error) && error.status === 503
  return isBusy
    ? new OpenfgaError(503, 'unavailable', 'the tuples are not available').answer
    : new OpenfgaError(500, 'internal_error', 'the request failed').answer
}
