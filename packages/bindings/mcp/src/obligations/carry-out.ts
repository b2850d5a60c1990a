import {
  type AuthorizedCall,
  type Clock,
  CODES,
  isJsonObject,
  type JsonObject,
  type ObligationNotice,
  type OwnObligation,
  plainText,
} from '@lockstep/core'
import { type ObligationTerms, termsOf } from '@lockstep/execution/egress'
import type { CarryOut, Released } from '../release.ts'
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

/** Where a result tells its watermarks to programs. */
const WATERMARK_META = 'lockstep/watermark'

/**
 * Creates what carries out obligations on a released result, before it leaves: first those that change it (one's own, in the order of their names,
 * `@redact_text`, then watermarks), then those that tell somebody or end something. What is told is kept before the result leaves, and told from
 * then on, however often it takes. What cannot be carried out keeps the result in, with
 * `execution.obligation-failed`; the others are carried out all the same (AuthZEN).
 */
export function createCarryOut(options: CarryOutOptions): CarryOut {
  const { onFailure, keepNotice = nobodyIsTold } = options
  const changing = changingObligations(options)
  return async (call, released) => {
    const terms = termsOf(call.obligations)
    let { message } = released
    let failed = false
    const attempt = async (name: string, carry: () => Promise<void>): Promise<void> => {
      try {
        await carry()
      } catch {
        failed = true
        onFailure(name)
      }
    }
    for (const { name, change } of changing) {
      const { result } = message
      if (failed || !isJsonObject(result)) continue
      await attempt(name, async () => {
        message = { ...message, result: await change(call, result) }
      })
    }
    if (terms.watermarks.length > 0 && isJsonObject(message.result)) {
      message = { ...message, result: watermarked(message.result, terms, call) }
    }
    for (const notice of noticesOf(call, terms, options.clock)) {
      await attempt('notify', () => withinTime(options.ms, () => keepNotice(notice)))
    }
    if (terms.endsSession) {
      await attempt('terminate_session', async () => {
        await withinTime(options.ms, () => options.endSession(call))
      })
    }
    return failed ? withheldAll(released) : { ...released, message }
  }
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

/** The watermark is a block of its own, after the others, so that JSON in texts stays JSON. */
function watermarked(result: JsonObject, { watermarks }: ObligationTerms, call: AuthorizedCall): JsonObject {
  const content = Array.isArray(result.content) ? result.content : []
  const meta = isJsonObject(result._meta) ? result._meta : {}
  const marks = watermarks.map((text) => ({ type: 'text', text: plainText(`${text} [call ${call.id}]`) }))
  return { ...result, content: [...content, ...marks], _meta: { ...meta, [WATERMARK_META]: watermarks } }
}

function withheldAll({ message, withheld }: Released): Released {
  const { says, fix, status } = CODES['execution.obligation-failed']
  const data = { code: 'execution.obligation-failed', fix }
  const error = { code: status >= 500 ? -32603 : -32600, message: says, data }
  const failed = { jsonrpc: '2.0', id: message.id ?? null, error }
  return { message: failed, failed: true, withheld, labels: [], code: 'execution.obligation-failed' }
}
