import type { JsonObject, JsonValue } from '@lockstep/core'
import { planSent, type ReleaseOptions, type SentPlan } from '@lockstep/execution/egress'
import type { Draft } from '../../../packages/bindings/mcp/src/sent/draft.ts'
import { draftForm } from '../../../packages/bindings/mcp/src/sent/draft-form.ts'
import { draftLog, draftProgress } from '../../../packages/bindings/mcp/src/sent/draft-notification.ts'
import { releaseDraft } from '../../../packages/bindings/mcp/src/sent/release-draft.ts'
import type { authorizedCall } from '../../fixtures/expense/authorized-call.ts'
import { tables } from '../policy-cells/schema.ts'

/** What a tool sends by itself, all of it bound by this schema. */
export function sentBy(schema: JsonObject): SentPlan {
  return planSent('read', { progress: schema, logs: { data: schema }, asks: { form: schema } }, { tables })
}

/** Sends a value with each of them: what leaves of it there. */
export const SENT: Readonly<
  Record<
    string,
    {
      readonly draft: (given: JsonValue, plan: SentPlan) => Draft | undefined
      readonly held: (made: JsonObject) => JsonValue | undefined
    }
  >
> = {
  'a log': { draft: (data, { logs }) => draftLog({ level: 'info', data }, logs), held: ({ data }) => data },
  'a log with a text': {
    draft: (given, { logs }) => draftLog({ level: 'info', data: JSON.stringify(given) }, logs),
    held: ({ data }) => parsed(data),
  },
  'a report of progress': {
    draft: (given, { progress }) => draftProgress({ progress: 1, message: JSON.stringify(given) }, 'ours', progress),
    held: ({ message }) => parsed(message),
  },
  'a form': {
    draft: (given, { form }) =>
      draftForm({ message: JSON.stringify(given), requestedSchema: { type: 'object', properties: {} } }, form),
    held: ({ message }) => parsed(message),
  },
}

/** What leaves of a value with one of them. */
export async function leaveSent(
  call: ReturnType<typeof authorizedCall>,
  name: string,
  given: JsonValue,
  plan: SentPlan,
  read: ReleaseOptions,
): Promise<JsonValue | undefined> {
  const draft = SENT[name]?.draft(given, plan)
  if (!draft) return undefined
  const parts = {
    read,
    oblige: async (_: unknown, values: readonly JsonValue[]) => values,
    raise: async () => undefined,
  }
  const made = await releaseDraft(parts, call, draft)
  return made && SENT[name]?.held(made)
}

function parsed(text: JsonValue | undefined): JsonValue | undefined {
  return typeof text === 'string' ? (JSON.parse(text) as JsonValue) : undefined
}
