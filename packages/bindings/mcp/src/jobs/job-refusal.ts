import type { ErrorCode, JobStart } from '@lockstep/core'

/** Why a job did not start, in the words of the table of codes. */
export function codeOfStart(start: Exclude<JobStart, 'started'>): ErrorCode {
  return CODE_OF[start]
}

const CODE_OF: Readonly<Record<Exclude<JobStart, 'started'>, ErrorCode>> = {
  absent: 'invocation.grant-invalid',
  revoked: 'invocation.revoked',
  running: 'invocation.in-progress',
  unknown: 'invocation.outcome-unknown',
  completed: 'invocation.call-closed',
  failed: 'invocation.grant-invalid',
  cancelled: 'invocation.call-closed',
}
