import {
  type AuthorizedCall,
  type Clock,
  CODES,
  isJsonObject,
  type JsonObject,
  LockstepError,
  type ObligationNotice,
  type OwnObligation,
} from '@lockstep/core'
import { type ObligationTerms, termsOf, WATERMARK_META, watermarksOf } from '@lockstep/execution/egress'
import type { CarryOutAll, Released } from '../release.ts'
import { changingObligations } from './changing-obligations.ts'
import { withinTime } from './within-time.ts'

/** What obligations are carried out with. */
export interface CarryOutOptions {
  readonly own?: Readonly<Record<string, OwnObligation>> | undefined
  /** Keeps what `@notify` tells, durably. Rejects where it is not kept. */
  readonly keepNotice?: ((notice: ObligationNotice) => Promise<void>) | undefined
  /** Carries out `@redact_text`, after those of one's own: what they add is searched as well. */
  readonly redact?: OwnObligation | undefined
  /** Ends what the subject of a call signed in to. */
  readonly endSession: (call: AuthorizedCall) => Promise<unknown>
  readonly clock: Clock
  /** Milliseconds that each obligation may take. @defaultValue 5,000 */
  readonly ms?: number | undefined
  /** Is told which obligation failed, and nothing of what it said: that may be of the result. */
  readonly onFailure: (name: string) => void
}

/**
 * Creates what carries out obligations on a released result, before it leaves: first those that change it (one's own, in the order of their names,
 * `@redact_text`, then watermarks), then those that tell somebody or end something. What is told is kept before the result leaves, and told from
 * then on, however often it takes. What cannot be carried out keeps the result in, with
 * `execution.obligation-failed`; the others are carried out all the same (AuthZEN).
 */
export function createCarryOut(options: CarryOutOptions): CarryOutAll {
  const { onFailure, keepNotice = nobodyIsTold } = options
  const changing = changingObligations(options)
  const attempt = async (name: string, carry: () => Promise<void>): Promise<boolean> => {
    try {
      await carry()
      return true
    } catch {
      onFailure(name)
      return false
    }
  }
  const announce = async (call: AuthorizedCall): Promise<boolean> => {
    const terms = termsOf(call.obligations)
    let isDone = true
    for (const notice of noticesOf(call, terms, options.clock)) {
      isDone = (await attempt('notify', () => withinTime(options.ms, () => keepNotice(notice)))) && isDone
    }
    if (!terms.endsSession) return isDone
    const end = async () => void (await withinTime(options.ms, () => options.endSession(call)))
    return (await attempt('terminate_session', end)) && isDone
  }
  const carryOut = async (call: AuthorizedCall, released: Released): Promise<Released> => {
    const terms = termsOf(call.obligations)
    let { message } = released
    let failed = false
    for (const { name, change } of changing) {
      const { result } = message
      if (failed || !isJsonObject(result)) continue
      failed = !(await attempt(name, async () => {
        message = { ...message, result: await change(call, result) }
      }))
    }
    if (terms.watermarks.length > 0 && isJsonObject(message.result)) {
      message = { ...message, result: watermarked(message.result, call) }
    }
    if (!(await announce(call))) failed = true
    return failed ? withheldAll(released) : { ...released, message }
  }
  return Object.assign(carryOut, {
    async announce(call: AuthorizedCall) {
      if (!(await announce(call))) throw new LockstepError('execution.obligation-failed')
      // INVARIANT: what was issued to the subject is ended, so the answer is nobody's any more, whoever hears of the revocation when.
      if (termsOf(call.obligations).endsSession) throw new LockstepError('gateway.token-revoked')
    },
  })
}

async function nobodyIsTold(): Promise<never> {
  throw new TypeError('nobody is told')
}

/** The same ids however often one call is answered. */
function noticesOf(call: AuthorizedCall, { topics }: ObligationTerms, clock: Clock): readonly ObligationNotice[] {
  const { subject, actor } = call.caller
  return topics.map((topic, index) => ({
    id: `${call.id}.notify.${index}`,
    topic,
    call: call.id,
    trace: call.caller.trace,
    tool: call.tool,
    subject: { issuer: subject.issuer, id: subject.id },
    actor: actor.id,
    policies: call.obligations.flatMap((one) => (one.name === 'notify' && one.value === topic ? [one.policyId] : [])),
    at: Math.floor(clock()),
  }))
}

function watermarked(result: JsonObject, call: AuthorizedCall): JsonObject {
  const content = Array.isArray(result.content) ? result.content : []
  const meta = isJsonObject(result._meta) ? result._meta : {}
  const { watermarks } = termsOf(call.obligations)
  return { ...result, content: [...content, ...watermarksOf(call)], _meta: { ...meta, [WATERMARK_META]: watermarks } }
}

function withheldAll({ message, withheld }: Released): Released {
  const { says, fix, status } = CODES['execution.obligation-failed']
  const data = { code: 'execution.obligation-failed', fix }
  const error = { code: status >= 500 ? -32603 : -32600, message: says, data }
  const failed = { jsonrpc: '2.0', id: message.id ?? null, error }
  return { message: failed, failed: true, withheld, labels: [], code: 'execution.obligation-failed' }
}
