import {
  type AuthorizedCall,
  type Clock,
  CODES,
  isJsonObject,
  type JsonObject,
  type NotifyObligation,
  type OwnObligation,
  plainText,
} from '@lockstep/core'
import { type ObligationTerms, plainJson, termsOf } from '@lockstep/execution/egress'
import type { CarryOut, Released } from '../release.ts'

/** What obligations are carried out with. */
export interface CarryOutOptions {
  readonly own?: Readonly<Record<string, OwnObligation>> | undefined
  readonly notify?: NotifyObligation | undefined
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

/** Values that what an obligation made may have. */
const MOST_VALUES = 4_000_000

/** Where a result tells its watermarks to programs. */
const WATERMARK_META = 'lockstep/watermark'

/**
 * Creates what carries out obligations on a released result, before it leaves: first those that change it (one's own, in the order of their names,
 * `@redact_text`, then watermarks), then those that tell somebody or end something. What cannot be carried out keeps the result in, with
 * `execution.obligation-failed`; the others are carried out all the same (AuthZEN).
 */
export function createCarryOut(options: CarryOutOptions): CarryOut {
  const { own = {}, redact, onFailure } = options
  const changing = Object.keys(own)
    .sort()
    .map((name) => [name, own[name]] as const)
  if (redact) changing.push(['redact_text', redact])
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
    for (const [name, obligation] of changing) {
      const values = valuesOf(call, name)
      const { result } = message
      if (values.length === 0 || failed || !isJsonObject(result)) continue
      await attempt(name, async () => {
        const changed = await bounded(options, (signal) => obligation?.apply(result, { call, values, signal }))
        const plain = isJsonObject(changed) ? plainJson(changed, { values: MOST_VALUES }) : undefined
        if (!isJsonObject(plain)) throw new TypeError(`the obligation \`${name}\` made no object of JSON`)
        message = { ...message, result: plain }
      })
    }
    if (terms.watermarks.length > 0 && isJsonObject(message.result)) {
      message = { ...message, result: watermarked(message.result, terms, call) }
    }
    for (const topic of terms.topics) await attempt('notify', () => tell(options, call, topic))
    if (terms.endsSession) {
      await attempt('terminate_session', async () => {
        await bounded(options, () => options.endSession(call))
      })
    }
    return failed ? withheldAll(released) : { ...released, message }
  }
}

async function tell(options: CarryOutOptions, call: AuthorizedCall, topic: string): Promise<void> {
  const { notify, clock } = options
  if (!notify) throw new TypeError('nobody is told')
  const { subject, actor } = call.caller
  const notice = {
    topic,
    call: call.id,
    tool: call.tool,
    subject,
    actor: actor.id,
    policies: call.obligations.flatMap((one) => (one.name === 'notify' && one.value === topic ? [one.policyId] : [])),
    at: clock(),
  }
  await bounded(options, (signal) => notify(notice, signal))
}

function valuesOf({ obligations }: AuthorizedCall, name: string): readonly string[] {
  return [...new Set(obligations.flatMap((one) => (one.name === name ? [one.value] : [])))].sort()
}

/** Waits no longer than an obligation may take, and says so to what is late. */
async function bounded<T>({ ms = 5_000 }: CarryOutOptions, carry: (signal: AbortSignal) => T): Promise<Awaited<T>> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort()
      reject(new Error('an obligation took too long'))
    }, ms)
  })
  try {
    return await Promise.race([carry(controller.signal), late])
  } finally {
    clearTimeout(timer)
  }
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
