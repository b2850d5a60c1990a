import { randomUUID } from 'node:crypto'
import { type AuthorizedCall, type Caller, type Clock, isJsonObject, type JsonObject, type Mode } from '@lockstep/core'
import type { SentPlan } from '@lockstep/execution/egress'
import type { Admitted } from '../pipeline.ts'
import { createAllowance } from './allowance.ts'
import type { Draft } from './draft.ts'
import { draftAsk } from './draft-ask.ts'
import { draftLog, draftProgress } from './draft-notification.ts'
import type { Ask, OpenAsks } from './open-asks.ts'
import type { AskMethod } from './read-answer.ts'
import { refusal } from './refusal.ts'
import { type ReleaseDraftParts, releaseDraft } from './release-draft.ts'

/** What becomes of a message that a server sends by itself: it leaves, the server is answered in the client's place, or neither. */
export interface SentVerdict {
  readonly leaves?: JsonObject | undefined
  readonly answers?: JsonObject | undefined
}

/** Judges what a server sends while one call runs, other than its answer. */
export interface CallSender {
  /**
   * Judges one message.
   *
   * @param request the id that the server has the call under, which is its progress token too
   */
  send(outbound: JsonObject, request: string): Promise<SentVerdict>
  /** Counts a message that could not be delivered, and its server was told so where it is a request. */
  lose(isRequest: boolean): void
  /** What was sent and what was held back, in counts; empty where there was nothing. */
  counts(): JsonObject
  /** The call is over: nothing leaves any more, and nobody's answer is taken. Answers what the server still waits for. */
  close(): readonly JsonObject[]
}

/** What opening a sender needs. */
export interface OpenSenderParts extends ReleaseDraftParts {
  readonly planOf: (tool: string) => SentPlan | undefined
  readonly asks: OpenAsks
  readonly clock: Clock
}

/** The call whose messages are judged. */
export interface SendingCall {
  readonly call: AuthorizedCall
  readonly caller: Caller
  /** The params that its client sent. */
  readonly params: JsonObject
  /** Whether messages are released, or leave as they are and only belong to their call. */
  readonly mode: Mode
  readonly record: Admitted['record']
}

/** Opens the sender of one call. */
export type OpenSender = (sending: SendingCall) => CallSender

const NOTHING: SentVerdict = {}

/** Creates what opens senders. */
export function createSenders(parts: OpenSenderParts): OpenSender {
  return ({ call, caller, params, mode, record }) => {
    const plan: SentPlan = parts.planOf(call.tool) ?? { roots: false }
    const token = tokenOf(params)
    const allowance = createAllowance()
    /** By the ids that the server knows them by. */
    const asked = new Map<string | number, string>()
    let isOver = false
    const isOpen = () => !isOver && parts.clock() < call.deadline

    const release = (draft: Draft): Promise<JsonObject | undefined> => releaseDraft(parts, call, draft)

    const notify = async (method: string, given: JsonObject, request: string): Promise<SentVerdict> => {
      const kind = method === 'notifications/progress' ? 'progress' : 'logs'
      if (kind === 'progress' && (token === undefined || given.progressToken !== request)) return held()
      if (!allowance.takes(kind)) return held()
      if (mode === 'observe') {
        const shown = kind === 'progress' ? { ...given, progressToken: token ?? 0 } : given
        return leave(kind, { jsonrpc: '2.0', method, params: shown })
      }
      const draft = kind === 'progress' ? draftProgress(given, token ?? 0, plan.progress) : draftLog(given, plan.logs)
      const left = draft && (await release(draft))
      if (!left || !allowance.fits(left) || !isOpen()) return held()
      return leave(kind, { jsonrpc: '2.0', method, params: left })
    }

    const ask = async (method: AskMethod, id: string | number, given: JsonObject): Promise<SentVerdict> => {
      const draft = draftAsk({ method, params: given }, { plan, call, read: parts.read, id: randomUUID() })
      const left = mode === 'observe' ? given : draft && (await release(draft))
      if (!left || !allowance.fits(left) || asked.has(id)) return refuse(id)
      await record({
        step: 'response',
        outcome: mode === 'observe' ? 'observed' : 'permitted',
        tool: call.tool,
        policyVersion: call.policyVersion,
        detail: { call: call.id, asks: method },
      })
      if (!isOpen()) return refuse(id)
      const open: Ask = { caller, method, id, isOpen }
      const own = parts.asks.open(open)
      asked.set(id, own)
      return leave('asks', { jsonrpc: '2.0', id: own, method, params: left })
    }

    /** A server that no longer waits says so to its client, by the id that the client knows. */
    const cancel = ({ requestId }: JsonObject): SentVerdict => {
      const own = typeof requestId === 'string' || typeof requestId === 'number' ? asked.get(requestId) : undefined
      if (own === undefined) return held()
      parts.asks.close(own)
      return { leaves: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: own } } }
    }

    const leave = (kind: Parameters<typeof allowance.count>[0], leaves: JsonObject): SentVerdict => {
      allowance.count(kind)
      return { leaves }
    }
    const held = (): SentVerdict => {
      allowance.count('held')
      return NOTHING
    }
    const refuse = (id: string | number): SentVerdict => {
      allowance.count('refused')
      return { answers: refusal(id) }
    }

    return {
      async send({ id, method, params: given }, request) {
        const about = isJsonObject(given) ? given : {}
        const isRequest = typeof id === 'string' || typeof id === 'number'
        try {
          if (isRequest) {
            const isAsk = isOpen() && isAskMethod(method) && allowance.takes('asks')
            return isAsk ? await ask(method, id, about) : refuse(id)
          }
          if (!isOpen() || id !== undefined) return held()
          if (method === 'notifications/cancelled') return cancel(about)
          const isKnown = method === 'notifications/progress' || method === 'notifications/message'
          return isKnown ? await notify(method, about, request) : held()
        } catch {
          // INVARIANT: a message that cannot be released costs that message, and not the answer: whatever failed will fail the answer as well.
          return isRequest ? refuse(id) : held()
        }
      },
      lose: (isRequest) => allowance.count(isRequest ? 'refused' : 'held'),
      counts: () => allowance.counted(),
      close() {
        isOver = true
        const waiting = [...asked].flatMap(([id, own]) => (parts.asks.close(own) ? [refusal(id)] : []))
        asked.clear()
        return waiting
      },
    }
  }
}

function isAskMethod(method: unknown): method is AskMethod {
  return method === 'elicitation/create' || method === 'sampling/createMessage' || method === 'roots/list'
}

/** The token by which the client of a call wants to hear of its progress. */
function tokenOf({ _meta: meta }: JsonObject): string | number | undefined {
  const token = isJsonObject(meta) ? meta.progressToken : undefined
  return typeof token === 'string' || Number.isSafeInteger(token) ? (token as string | number) : undefined
}
