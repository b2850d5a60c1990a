import {
  type AuditEvent,
  type AuditSink,
  type AuthorizedCall,
  type Caller,
  type Clock,
  type Denial,
  type Facts,
  type HistoryStore,
  type IdempotencyStore,
  isLockstepError,
  type JsonObject,
  type Mode,
  type Outcome,
  type RelationshipSource,
  type ToolDeclaration,
} from '@lockstep/core'
import type { Discovery, PresentedCapability } from '@lockstep/discovery'
import type { Invocation } from '@lockstep/invocation'
import type { Answer, MessageId } from './answer.ts'
import { callTool } from './call-tool.ts'
import { callerKey } from './caller-key.ts'
import type { AwaitConsent } from './elicitation/await-consent.ts'
import type { Elicitation } from './elicitation/elicit.ts'
import type { Exchange } from './exchange.ts'

import { listTools } from './list-tools.ts'
import type { InboundMessage } from './message.ts'
import { createOpenRequests } from './open-requests.ts'
import type { Presented } from './presented.ts'
import { CALLING, readAskedCall } from './reached/asked-call.ts'
import { completeArgument } from './reached/complete-argument.ts'
import type { Reached } from './reached/declare-reached.ts'
import { LISTING } from './reached/listing.ts'
import { withoutSubscriptions } from './reached/without-subscriptions.ts'
import type { BeginStreamed, Release } from './release.ts'
import { releaseProtocol } from './release-protocol.ts'
import type { OpenAsks } from './sent/open-asks.ts'
import type { Rounds } from './sent/open-rounds.ts'
import type { CallSender, OpenSender } from './sent/open-sender.ts'
import { sendWithin } from './sent/send-within.ts'
import type { ServerLinks } from './sent/server-links.ts'
import type { StreamAnswer } from './streamed/stream-answer.ts'
import { announceTasks } from './tasks/announce-tasks.ts'
import { answerTaskRequest, isTaskRequest } from './tasks/answer-task-request.ts'
import type { Tasks } from './tasks/open-tasks.ts'
import type { ToolCatalog } from './tool-catalog.ts'
import type { Transactions } from './transactions.ts'

/** What becomes of one inbound message. */
export type Inbound =
  /** Answer in the server's place. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Nothing to answer and nothing to forward. */
  | { readonly kind: 'drop' }
  /** Let the server have it, inside `exchange`, and pass every message that leaves through `release`. */
  | {
      readonly kind: 'forward'
      readonly exchange: Exchange
      /** What the server gets in the place of what was sent; absent for a request without a message. */
      readonly message?: JsonObject
      /** Resolves to what may leave, or to `undefined` when nothing may. */
      readonly release: (message: JsonObject) => Promise<JsonObject | undefined>
      /** Judges what the server sends by itself, and not as the answer. @defaultValue nothing of it leaves */
      readonly sender?: CallSender | undefined
      /** Releases the answer as it comes, where it is too large to be held. @defaultValue it cannot be */
      readonly stream?: StreamAnswer | undefined
      /** Is told, before the end leaves, of an answer that ended without anything released, and of what it failed with. */
      readonly unanswered: (error?: unknown) => Promise<void>
      /** The connection is done with this answer. Only one that was `sent` whole ends its authorized call. */
      readonly close: (sent: boolean) => void
    }

/** The modes of the layers that a pipeline runs. */
export interface LayerModes {
  readonly gateway: Mode
  readonly discovery: Mode
  readonly invocation: Mode
  readonly execution: Mode
}

/** What the pipeline is made of. */
export interface PipelineParts {
  /** Everything that is declared, by its name: tools, resources, prompts and completions. */
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  /** Which of them is reached how. */
  readonly reached: Reached
  readonly modes: LayerModes
  readonly discovery: Discovery
  readonly invocation: Invocation
  readonly relationships: RelationshipSource
  readonly catalog: ToolCatalog
  readonly audit: AuditSink
  readonly release: Release
  /** What leaves of calls before they are answered, what waits for clients, and how servers are answered in their place. */
  readonly sent: {
    readonly open: OpenSender
    readonly asks: OpenAsks
    readonly links: ServerLinks
    readonly rounds: Rounds
  }
  /** Begins the release of a result that comes in pieces. */
  readonly beginStreamed: BeginStreamed
  /** Under which authority resources of a type are loaded. */
  readonly authorityOf: (type: string) => string
  /** Raises a caller's labels, durably. */
  readonly raise: (call: Pick<AuthorizedCall, 'caller'>, labels: readonly string[]) => Promise<void>
  readonly history: HistoryStore
  readonly idempotency: IdempotencyStore
  readonly transactions: Transactions
  readonly tasks: Tasks
  /** Judges a capability that was sent back with a call. */
  readonly checkCapability: (
    params: JsonObject,
    caller: Caller,
    tool: string,
  ) => Promise<Outcome<PresentedCapability | undefined>>
  readonly policyVersion: () => string
  readonly clock: Clock
  /** Counts a call that everything else permits; the denial when the tool, or the subject at this tool, was called too often. */
  readonly countCall: (caller: Caller, tool: string) => Promise<Denial | undefined>
  /** How long a call may take, in milliseconds. */
  readonly callMs: number
  /** Whether the statements and the result of a tool are enforced. */
  readonly executionMode: (tool: string) => Mode
  readonly closeCall: (call: AuthorizedCall) => void
  readonly deny: (denial: Denial, id: MessageId) => Answer
  /** Leads people to pages through their clients. @defaultValue there are no pages: errors say what to do */
  readonly elicitation?: Elicitation | undefined
  readonly awaitConsent: AwaitConsent
}

/** One admitted request: who calls, and the facts that every question about it is decided on. */
export interface Admitted {
  readonly caller: Caller
  readonly facts: Facts
  /** The labels of what this subject was already given through this actor. */
  readonly labels: readonly string[]
  readonly message: InboundMessage
  readonly presented: Presented
  /** Appends an audit event under this request's trace, subject and actor. Rejects when it is not durable. */
  readonly record: (event: Omit<AuditEvent, 'trace' | 'subject' | 'actor'>) => Promise<void>
}

/** Methods whose request and answer hold nothing that policy decides on. Every other method is refused. */
const PASSING = new Set([
  'initialize',
  'ping',
  'server/discover',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/roots/list_changed',
])

/** The layers over JSON-RPC messages, whatever carried them. */
export interface Pipeline {
  receive(caller: Caller, message: InboundMessage, presented: Presented): Promise<Inbound>
}

/** Creates the pipeline. Every failure inside becomes an answer with a code; nothing is forwarded then. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const requests = createOpenRequests()

  /** The same exchange with an id of ours in the place of the client's. */
  const underOwnId = (caller: Caller, message: InboundMessage, inbound: Inbound): Inbound => {
    if (inbound.kind !== 'forward' || !inbound.message || message.kind !== 'request') return inbound
    const { release, stream, unanswered, close } = inbound
    const request = requests.open(caller, message.id)
    const sending = sendWithin(parts.sent.links, request.id, inbound.sender)
    let isAnswered = false
    // INVARIANT: forgotten with its answer or its connection, whichever ends first: a queued response is never told of its connection.
    return {
      ...inbound,
      exchange: { ...inbound.exchange, request: request.id },
      message: sending.begin(inbound.message),
      release: async (outbound) => {
        if (outbound.method !== undefined) return sending.release(outbound)
        if (outbound.id !== request.id || isAnswered) return undefined
        isAnswered = true
        request.close()
        return release({ ...outbound, id: message.id }).finally(() => sending.end())
      },
      stream:
        stream &&
        (async (next, output) => {
          if (isAnswered) return false
          isAnswered = await stream(next, output, request.id)
          if (isAnswered) {
            request.close()
            sending.end()
          }
          return isAnswered
        }),
      unanswered: async (error) => {
        request.close()
        sending.end()
        await unanswered(error)
      },
      close: (sent) => {
        request.close()
        sending.end()
        close(sent)
      },
    }
  }

  const receive: Pipeline['receive'] = async (caller, message, presented) => {
    const record: Admitted['record'] = (event) =>
      parts.audit.append({ trace: caller.trace, subject: caller.subject.id, actor: caller.actor.id, ...event })
    try {
      if (message.kind === 'response') {
        const answered = parts.sent.asks.answer(caller, message.id, message.wire)
        return answered ? pass(caller, { ...message, wire: answered }, () => undefined) : { kind: 'drop' }
      }
      if (message.method === 'notifications/cancelled') {
        const cancelled = message.kind === 'notification' ? requests.cancel(caller, message.wire) : undefined
        return cancelled ? pass(caller, { ...message, wire: cancelled }) : { kind: 'drop' }
      }
      parts.elicitation?.learn(caller, message)
      if (PASSING.has(message.method)) {
        const { method } = message
        const isOffered = parts.tasks.isOffered()
        return pass(caller, message, (outbound) =>
          announceTasks(method, withoutSubscriptions(releaseProtocol(outbound)), isOffered),
        )
      }
      if (parts.tasks.isOffered() && presented.txnToken === undefined && isTaskRequest({ message, presented })) {
        if (message.kind !== 'request') return { kind: 'drop' }
        return { kind: 'answer', answer: await answerTaskRequest(parts, { caller, message, presented, record }) }
      }
      const listing = ownMember(LISTING, message.method)
      const calling = ownMember(CALLING, message.method)
      const kind = listing?.kind ?? calling
      if (kind === undefined || !(kind === 'tool' || parts.reached.answers(kind))) {
        // A transaction token is for one call of a tool, so it is for nothing else.
        const misplaced = message.kind === 'request' && presented.txnToken !== undefined
        const denial: Denial = {
          code: misplaced ? 'invocation.txn-params-mismatch' : 'discovery.method-unsupported',
        }
        const observed = parts.modes.discovery === 'observe'
        await record({ step: 'discovery', outcome: observed ? 'observed' : 'denied', code: denial.code })
        if (observed) return pass(caller, message, (outbound) => outbound)
        return message.kind === 'request'
          ? { kind: 'answer', answer: parts.deny(denial, message.id) }
          : { kind: 'drop' }
      }
      const [facts, labels] = await Promise.all([
        parts.relationships.load(caller),
        parts.history.labels(callerKey(caller)),
      ])
      const admitted = { caller, facts, labels, message, presented, record }
      if (listing) return listTools(parts, admitted, listing)
      if (kind === 'completion') return await completeArgument(parts, admitted)
      return await callTool(parts, admitted, readAskedCall(parts.reached, kind, message))
    } catch (error) {
      const code = isLockstepError(error) ? error.code : 'invocation.handler-failed'
      await record({ step: 'invocation', outcome: 'failed', code }).catch(() => undefined)
      return { kind: 'answer', answer: parts.deny({ code }, message.id) }
    }
  }

  return {
    receive: async (caller, message, presented) =>
      underOwnId(caller, message, await receive(caller, message, presented)),
  }
}

// attacker-controlled: the method, which may be `constructor`.
function ownMember<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}

function pass(
  caller: Caller,
  message: InboundMessage,
  release: (outbound: JsonObject) => JsonObject | undefined = releaseProtocol,
): Inbound {
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, mode: 'enforce' },
    message: message.wire,
    // Notifications of the server are held back here: only the answer to this very message leaves.
    release: async (outbound) => (outbound.id === message.id ? release(outbound) : undefined),
    unanswered: async () => undefined,
    close: () => undefined,
  }
}
