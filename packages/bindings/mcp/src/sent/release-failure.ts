import { type AuthorizedCall, isJsonObject, type JsonObject } from '@lockstep/core'
import { findCode, releaseValues, type SentPlan } from '@lockstep/execution/egress'
import type { Released } from '../release.ts'
import { withoutText } from '../release-protocol.ts'
import { draftPage } from './draft-page.ts'
import { type ReleaseObligedParts, releaseObliged } from './release-obliged.ts'

/** MCP 2025-11-25: a call that cannot go on before a person has opened pages. */
const URL_ELICITATION_REQUIRED = -32042
const MOST_PAGES = 16

/** Releases the failure of a tool that binds its errors; undefined for anything else, which is told as a code. */
export type ReleaseFailure = (call: AuthorizedCall, outbound: JsonObject) => Promise<Released | undefined>

/** What failures are released with. */
export interface ReleaseFailureParts extends ReleaseObligedParts {
  readonly planOf: (tool: string) => SentPlan | undefined
}

/**
 * Creates it. An error that a tool throws keeps its number; its text and its data leave by the tool's `errors`, under a code of ours that says that the
 * tool failed. INVARIANT: no text and no data of a tool stands where a refusal of ours would: nobody is told by a tool what to consent to.
 */
export function createReleaseFailure(parts: ReleaseFailureParts): ReleaseFailure {
  const released = (left: Pick<Released, 'message' | 'labels'>): Released => ({ failed: true, withheld: {}, ...left })

  /** A failed result: its texts. What a guarded client refused is told by its own code. */
  const ofResult = async (call: AuthorizedCall, outbound: JsonObject, result: JsonObject, plan: SentPlan) => {
    if (!plan.errors || findCode(result) !== undefined) return undefined
    const blocks = Array.isArray(result.content) ? result.content : []
    const texts = blocks.flatMap((block) =>
      isJsonObject(block) && block.type === 'text' && typeof block.text === 'string' ? [block.text] : [],
    )
    const { values, labels } = releaseValues(call, texts, plan.errors, parts.read)
    const content = values.flatMap((text) => (typeof text === 'string' ? [{ type: 'text', text }] : []))
    if (content.length === 0) return undefined
    const era = result.resultType === 'complete' ? { resultType: 'complete' } : {}
    const message = { jsonrpc: '2.0', id: outbound.id ?? null, result: { ...era, isError: true, content } }
    return released({ message, labels })
  }

  /** An error of JSON-RPC: its text, and its data beside our code. */
  const ofError = async (call: AuthorizedCall, outbound: JsonObject, error: JsonObject, plan: SentPlan) => {
    if (!plan.errors) return undefined
    const { message: text = '', data = null } = error
    const { values, labels } = await releaseObliged(parts, call, [text, data], plan.errors)
    const [says, more = null] = values
    const bare = withoutText(outbound)
    if (!isJsonObject(bare.error) || !isJsonObject(bare.error.data)) return undefined
    const said = typeof says === 'string' && says !== '' ? { message: says } : {}
    const told = more === null ? {} : { tool: more }
    const message = { ...bare, error: { ...bare.error, ...said, data: { ...bare.error.data, ...told } } }
    return released({ message, labels })
  }

  /** The pages that a tool needs opened first, all of them or none. */
  const ofPages = async (call: AuthorizedCall, outbound: JsonObject, { data }: JsonObject, { page }: SentPlan) => {
    const given = isJsonObject(data) && Array.isArray(data.elicitations) ? data.elicitations : []
    if (!page || given.length === 0 || given.length > MOST_PAGES) return undefined
    const elicitations: JsonObject[] = []
    const labels: string[] = []
    for (const one of given) {
      const draft = isJsonObject(one) ? draftPage(one, page, crypto.randomUUID()) : undefined
      if (!draft) return undefined
      const { values, labels: raised } = await releaseObliged(parts, call, draft.values, draft.plan)
      elicitations.push(draft.build(values) ?? {})
      labels.push(...raised)
    }
    const bare = withoutText(outbound)
    if (!isJsonObject(bare.error) || !isJsonObject(bare.error.data)) return undefined
    const error = { ...bare.error, code: URL_ELICITATION_REQUIRED, data: { ...bare.error.data, elicitations } }
    return released({ message: { ...bare, error }, labels })
  }

  return async (call, outbound) => {
    const plan = parts.planOf(call.tool)
    const { result, error } = outbound
    if (!plan) return undefined
    if (isJsonObject(result) && error === undefined) {
      return result.isError === true ? ofResult(call, outbound, result, plan) : undefined
    }
    if (!isJsonObject(error)) return undefined
    if (error.code === URL_ELICITATION_REQUIRED) {
      return (
        (await ofPages(call, outbound, error, plan)) ??
        released({ message: withoutText({ ...outbound, error: {} }), labels: [] })
      )
    }
    return ofError(call, outbound, error, plan)
  }
}
