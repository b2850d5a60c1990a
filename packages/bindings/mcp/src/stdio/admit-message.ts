import type { AuditSink, Caller, Denial, Outcome } from '@lockstep/core'
import type { Gateway, VerifiedRequest } from '@lockstep/gateway'
import { admitVerified, recordAdmitted } from '../http/admit-verified.ts'
import { traceOf } from '../http/read-request.ts'
import { verifyHeaders } from '../http/verify-request.ts'
import type { DividedMessage } from './message-headers.ts'

/** Who may send the messages of one connection. */
export interface Admission {
  /** Verifies what a message brought. Never rejects, and uses nothing up; what it answers is admitted when everything else was looked at. */
  verify(message: Pick<DividedMessage, 'credentials' | 'trace'>): Promise<Outcome<VerifiedRequest>>
}

/** What admitting messages needs. */
export interface AdmissionParts {
  readonly gateway: Pick<Gateway, 'verify' | 'readmit'>
  readonly audit: AuditSink
  /** What proofs are made for. */
  readonly resource: URL
}

const START_AGAIN = 'start the server again with fresh credentials'

/**
 * Creates the admission of one connection. Where the process was launched with credentials, they are verified once, now, and every message is
 * admitted for their caller as long as they stand. Else every message brings its own.
 *
 * INVARIANT: a connection is of one kind. A message that brings credentials where the process has some is refused: nobody would know which count.
 */
export function createAdmission(
  parts: AdmissionParts,
  launched: readonly DividedMessage['credentials'][] | undefined,
): Admission {
  if (!launched) return { verify: ({ credentials, trace }) => verifyHeaders(parts, credentials, trace) }
  const caller = admitLaunched(parts, launched)
  return {
    async verify({ credentials, trace }) {
      if (credentials.length > 0) {
        return {
          ok: false,
          denial: { code: 'gateway.credentials-malformed', detail: 'the process was started with others' },
        }
      }
      const admitted = await caller
      if (!admitted.ok) return admitted
      const admit = async () => {
        const again = await parts.gateway.readmit(admitted.value, trace)
        return again.ok ? again : { ok: false as const, denial: startAgain(again.denial) }
      }
      return { ok: true, value: { admit } }
    },
  }
}

async function admitLaunched(
  parts: AdmissionParts,
  [launched = [], ...others]: readonly DividedMessage['credentials'][],
): Promise<Outcome<Caller>> {
  const trace = traceOf(undefined)
  const refuse = async (denial: Denial): Promise<Outcome<Caller>> => {
    await parts.audit.append({ trace, step: 'gateway', outcome: 'denied', code: denial.code }).catch(() => undefined)
    return { ok: false, denial: startAgain(denial) }
  }
  const verified = await verifyHeaders(parts, launched, trace)
  if (!verified.ok) return refuse(verified.denial)
  const admitted = await admitVerified(verified.value)
  if (!admitted.ok) {
    const isUsed = admitted.denial.code === 'gateway.proof-replayed'
    return isUsed && others.length > 0 ? admitLaunched(parts, others) : refuse(admitted.denial)
  }
  return (await recordAdmitted(parts.audit, admitted.value)) ? admitted : refuse({ code: 'audit.unavailable' })
}

/** What passes by itself needs no new start. */
const PASSING = new Set(['gateway.rate-limited', 'state.unavailable', 'state.feed-silent'])

function startAgain(denial: Denial): Denial {
  if (PASSING.has(denial.code)) return denial
  return { ...denial, detail: denial.detail === undefined ? START_AGAIN : `${denial.detail}; ${START_AGAIN}` }
}
