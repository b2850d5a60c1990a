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
  type RelationshipSource,
  type ToolDeclaration,
} from '@lockstep/core'
import type { Discovery } from '@lockstep/discovery'
import type { Invocation } from '@lockstep/invocation'
import type { Answer, MessageId } from './answer.ts'
import { callTool } from './call-tool.ts'
import { callerKey } from './caller-key.ts'
import type { Exchange } from './exchange.ts'
import { listTools } from './list-tools.ts'
import { loadFacts } from './load-facts.ts'
import type { InboundMessage } from './message.ts'
import type { Presented } from './presented.ts'
import type { Release } from './release.ts'
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
      /** Resolves to what may leave, or to `undefined` when nothing may. */
      readonly release: (message: JsonObject) => Promise<JsonObject | undefined>
      /** Ends the exchange: its authorized call is closed. */
      readonly close: () => void
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
  readonly tools: Readonly<Record<string, ToolDeclaration>>
  readonly modes: LayerModes
  readonly discovery: Discovery
  readonly invocation: Invocation
  readonly relationships: RelationshipSource
  readonly catalog: ToolCatalog
  readonly audit: AuditSink
  readonly release: Release
  /** Raises a caller's labels, durably. */
  readonly raise: (call: Pick<AuthorizedCall, 'caller'>, labels: readonly string[]) => Promise<void>
  readonly history: HistoryStore
  readonly idempotency: IdempotencyStore
  readonly transactions: Transactions
  /** Judges a capability that was sent back with a call. */
  readonly checkCapability: (params: JsonObject, caller: Caller, tool: string) => Promise<Denial | undefined>
  readonly policyVersion: () => string
  readonly clock: Clock
  readonly closeCall: (call: AuthorizedCall) => void
  readonly deny: (denial: Denial, id: MessageId) => Answer
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
  'notifications/cancelled',
  'notifications/roots/list_changed',
])

/** The layers over JSON-RPC messages, whatever carried them. */
export interface Pipeline {
  receive(caller: Caller, message: InboundMessage, presented: Presented): Promise<Inbound>
}

/** Creates the pipeline. Every failure inside becomes an answer with a code; nothing is forwarded then. */
export function createPipeline(parts: PipelineParts): Pipeline {
  return {
    async receive(caller, message, presented) {
      const record: Admitted['record'] = (event) =>
        parts.audit.append({ trace: caller.trace, subject: caller.subject.id, actor: caller.actor.id, ...event })
      try {
        // The answers of clients to requests of servers: no such request leaves, so none is expected.
        if (message.kind === 'response') return { kind: 'drop' }
        if (PASSING.has(message.method)) return pass(caller, message)
        if (message.method !== 'tools/list' && message.method !== 'tools/call') {
          const denial: Denial = { code: 'discovery.method-unsupported' }
          const observed = parts.modes.discovery === 'observe'
          await record({ step: 'discovery', outcome: observed ? 'observed' : 'denied', code: denial.code })
          if (observed) return pass(caller, message)
          return message.kind === 'request'
            ? { kind: 'answer', answer: parts.deny(denial, message.id) }
            : { kind: 'drop' }
        }
        if (message.kind === 'notification') return { kind: 'drop' }
        const [facts, labels] = await Promise.all([
          loadFacts(parts.relationships, caller),
          parts.history.labels(callerKey(caller)),
        ])
        const admitted = { caller, facts, labels, message, presented, record }
        return message.method === 'tools/list' ? listTools(parts, admitted) : await callTool(parts, admitted)
      } catch (error) {
        const code = isLockstepError(error) ? error.code : 'invocation.handler-failed'
        await record({ step: 'invocation', outcome: 'failed', code }).catch(() => undefined)
        return { kind: 'answer', answer: parts.deny({ code }, message.id) }
      }
    },
  }
}

function pass(caller: Caller, message: InboundMessage): Inbound {
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, mode: 'enforce' },
    // Notifications of the server are held back here: only the answer to this very message leaves.
    // Errors of the protocol itself pass too: clients negotiate by them.
    release: async (outbound) => (outbound.id === message.id ? outbound : undefined),
    close: () => undefined,
  }
}
