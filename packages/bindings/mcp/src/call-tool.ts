import {
  type AuthorizedCall,
  type Denial,
  isLockstepError,
  type JsonObject,
  type Mode,
  type Outcome,
  type Standing,
  type ToolCall,
  type ToolDeclaration,
} from '@lockstep/core'
import { authorityOf } from './authority-of.ts'
import { callerKey } from './caller-key.ts'
import { describeCall } from './describe-call.ts'
import { describeDenial } from './describe-denial.ts'
import { disguise } from './disguise.ts'
import type { Round } from './elicitation/elicit.ts'
import type { Exchange } from './exchange.ts'
import { parametersAgree } from './mirrored/parameters-agree.ts'
import type { Admitted, Inbound, PipelineParts } from './pipeline.ts'
import type { AskedCall } from './reached/asked-call.ts'
import { readArguments } from './read-arguments.ts'
import { withoutText } from './release-protocol.ts'
import { createRetry, type KeptAnswer, type Retry } from './retries.ts'
import { keyOfRound, NO_ROUND, readToolRound, usedUp } from './sent/go-on.ts'
import { answersOf, type ToolRound } from './sent/tool-round.ts'
import type { ShownCall } from './signing-in/sign-in-request.ts'
import { createStreamCall } from './streamed/stream-call.ts'
import { callAsTask } from './tasks/call-as-task.ts'

/** One call on its way: what it names, and how its refusals are told. */
interface Attempt {
  readonly parts: PipelineParts
  readonly admitted: Admitted
  readonly asked: AskedCall
  readonly tool: string
  readonly retry: Retry | undefined
  /** Present once the arguments were read. */
  readonly given?: ShownCall
  /** The round that the call continues, once that is known. */
  readonly round?: Round | undefined
  /** The round of its handler's own that it continues, where that asked for input. */
  readonly toolRound?: ToolRound | undefined
}

/** Decides on one call, of a tool or of what is declared beside them, uses up what it rests on, forwards it, and releases what comes back. */
export async function callTool(parts: PipelineParts, admitted: Admitted, asked: AskedCall): Promise<Inbound> {
  const { name: tool } = asked
  const declaration = Object.hasOwn(parts.tools, tool) ? parts.tools[tool] : undefined
  const mode: Mode = declaration?.mode ?? parts.modes.invocation
  if (!declaration) {
    const unknown = { parts, admitted, asked, tool, retry: undefined }
    const denial: Denial = { code: 'discovery.tool-unknown' }
    return mode === 'observe' ? observe(unknown, { ok: false, denial }) : refuse(unknown, denial)
  }

  const attempt: Attempt = { parts, admitted, asked, tool, retry: undefined }
  try {
    return await decide(attempt, declaration, mode)
  } catch (error) {
    // Whatever fails, fails behind the same face: what a tool does to a call is not told to those who may not see it.
    const denial: Denial = { code: isLockstepError(error) ? error.code : 'invocation.handler-failed' }
    return mode === 'observe' ? observe(attempt, { ok: false, denial }) : refuse(attempt, denial, 'failed')
  }
}

const NO_CAPABILITY = { ok: true, value: undefined } as const

async function decide(named: Attempt, declaration: ToolDeclaration, mode: Mode): Promise<Inbound> {
  const { parts, admitted, asked, tool } = named
  const { caller, facts, labels, message, presented } = admitted
  const read = readArguments(asked.params)
  if (!read.ok) return mode === 'observe' ? observe(named, read) : refuse(named, read.denial)
  const { wire, argumentsDigest } = read.value
  const { mirrored } = presented
  if (mirrored && !parametersAgree(parts.catalog.mirrored(tool), wire, mirrored.sent, mirrored.demanded)) {
    const denial: Denial = { code: 'gateway.header-mismatch' }
    return mode === 'observe' ? observe(named, { ok: false, denial }) : refuse(named, denial)
  }
  const { idempotencyKey, txnToken } = mode === 'enforce' ? presented : {}
  const goesOn = mode === 'enforce' ? await readToolRound(parts, admitted, { tool, argumentsDigest }) : NO_ROUND
  if (!goesOn.ok) return refuse(named, goesOn.denial)
  const toolRound = goesOn.value
  const retry =
    idempotencyKey === undefined
      ? undefined
      : createRetry(parts.idempotency, parts.clock, caller, keyOfRound(idempotencyKey, toolRound), {
          tool,
          argumentsDigest,
        })
  const given: ShownCall = { tool, arguments: wire, argumentsDigest }
  let attempt: Attempt = { ...named, retry, toolRound, given }
  const before = await retry?.find()
  if (before && !before.ok) return refuseKey(attempt, before.denial)
  if (before?.value) return replay(attempt, before.value)

  const parsed = await parts.catalog.parse(tool, wire)
  if (!parsed.ok) {
    const denial: Denial = { code: 'invocation.arguments-invalid', detail: parsed.problem }
    return mode === 'observe' ? observe(attempt, { ok: false, denial }) : refuse(attempt, denial)
  }

  const token = await parts.transactions.read(txnToken, caller, { tool, argumentsDigest })
  if (!token.ok) return settle(attempt, token.denial)
  const capability = mode === 'enforce' ? await parts.checkCapability(message.params, caller, tool) : NO_CAPABILITY
  if (!capability.ok) return refuse(attempt, capability.denial)

  const call = { tool, arguments: parsed.value, argumentsDigest }
  const isAnother = mode === 'enforce' && !toolRound
  const round = isAnother ? await parts.elicitation?.resume(caller, message, call) : undefined
  if (round && !round.ok) return refuse(attempt, round.denial)
  attempt = { ...attempt, round: round?.value }
  const outcome = round?.value?.accepted
    ? await awaitConsent(attempt, call, round.value)
    : await parts.invocation.authorize(caller, facts, call, { labels, ...usedUp(toolRound) })
  if (!outcome.ok) return mode === 'observe' ? observe(attempt, outcome) : settle(attempt, outcome.denial)
  if (toolRound?.transaction && toolRound.resourceDigest !== outcome.value.call.resourceDigest) {
    return settle(attempt, { code: 'invocation.resource-changed' })
  }
  // The token of the first round is used up for all of them.
  const demanded = toolRound?.transaction ? ({ ...declaration, transaction: 'optional' } as const) : declaration
  const transaction = parts.transactions.bind(token.value, demanded, outcome.value.call)
  if (mode === 'enforce' && !transaction.ok) return settle(attempt, transaction.denial)
  // What is denied does not count: nobody uses up a tool that they may not call.
  const tooOften = await parts.countCall(caller, tool)
  if (mode === 'observe') return observe(attempt, tooOften ? { ok: false, denial: tooOften } : outcome)
  if (tooOften) return settle(attempt, tooOften)
  const permitted = await useUp(attempt, transaction, outcome.value)
  if (!permitted.ok) return settle(attempt, permitted.denial)
  const form = asked.kind === 'tool' && parts.tasks.formFor(tool, message.params, presented.modern === true)
  if (form) {
    const presentedWith = { capability: capability.value, transaction: token.value }
    const wanted = { ...outcome.value, ...presentedWith, call: permitted.value, retry, form }
    return callAsTask(parts, admitted, wanted)
  }
  return run(attempt, permitted.value, {
    ...outcome.value,
    mode,
    capability: capability.value,
    transaction: token.value ?? toolRound?.transaction,
  })
}

/** Decides until there is consent, each time by the relationships and the history of then. */
function awaitConsent({ parts, admitted }: Attempt, call: ToolCall, round: Round) {
  const { caller, presented } = admitted
  return parts.awaitConsent(
    async () => {
      const [facts, labels] = await Promise.all([
        parts.relationships.load(caller),
        parts.history.labels(callerKey(caller)),
      ])
      return parts.invocation.authorize(caller, facts, call, { labels })
    },
    () => !presented.isGone?.() && parts.clock() < caller.token.expiresAt * 1000,
    parts.elicitation?.signedIn(caller, call, round),
  )
}

type Permission = Extract<Awaited<ReturnType<PipelineParts['invocation']['authorize']>>, { ok: true }>['value']

/** Everything that a call uses up, after everything permits it: its idempotency key, its transaction token, its approval. */
async function useUp(
  { parts, retry, toolRound }: Attempt,
  transaction: ReturnType<PipelineParts['transactions']['bind']>,
  permission: Permission,
) {
  if (!transaction.ok) return transaction
  const round = toolRound ? [() => parts.sent.rounds.use(toolRound)] : []
  const claimed = await retry?.reserve(permission.call)
  if (claimed) return { ok: false, denial: claimed } as const
  const committed = await permission.commit(transaction.value ? [...round, transaction.value] : round)
  if (!committed.ok) await retry?.release()
  return committed
}

/** How a call runs, and who is told what became of it. */
interface Run extends Pick<Permission, 'settle' | 'release'> {
  readonly mode: Mode
  readonly capability?: Standing | undefined
  readonly transaction?: Exchange['transaction']
}

/**
 * The intent is durable before the handler runs; the outcome is durable before the answer leaves. The answer is kept for a retry before that, so
 * that a log which fails in between costs no answer: the retry is recorded like every other.
 */
async function run(attempt: Attempt, call: AuthorizedCall, permission: Run): Promise<Inbound> {
  const { mode, capability, transaction } = permission
  const { parts, admitted, asked, retry, toolRound } = attempt
  const { caller, message, record } = admitted
  const { params } = message
  try {
    await record({
      step: 'invocation',
      outcome: mode === 'enforce' ? 'permitted' : 'observed',
      tool: call.tool,
      policies: call.decision.policies,
      policyVersion: call.policyVersion,
      detail: describeCall(call, parts.authorityOf),
    })
  } catch (error) {
    parts.closeCall(call)
    await permission.release()
    await retry?.release()
    throw error
  }
  const releaseMode = mode === 'observe' ? parts.executionMode(call.tool) : mode
  const sender = parts.sent.open({ call, caller, params, mode: releaseMode, record })
  let answered = false
  return {
    kind: 'forward',
    sender,
    exchange: { trace: caller.trace, caller, call, capability, transaction, tool: call.tool, mode },
    message: mode === 'observe' ? message.wire : decided(message, asked, toolRound),
    release: async (outbound) => {
      if (outbound.id !== message.id) return undefined
      answered = true
      let released: JsonObject
      try {
        const asking = { call, caller, params, transaction, before: toolRound }
        const round = releaseMode === 'enforce' ? await parts.sent.rounds.release(asking, outbound) : undefined
        const {
          message: left,
          failed,
          code,
          withheld,
          labels,
        } = round ?? (await parts.release(call, outbound, releaseMode, asked.carrier))
        released = left
        await parts.raise(call, labels)
        await retry?.commit({
          answer: released,
          authority: authorityOf(caller, call.facts, call.policyVersion),
          labels: await parts.history.labels(callerKey(caller)),
        })
        await record({
          step: 'response',
          outcome: failed ? 'failed' : 'completed',
          ...(code ? { code } : {}),
          tool: call.tool,
          policyVersion: call.policyVersion,
          detail: { call: call.id, ...withheld, ...sender.counts() },
        })
        await permission.settle()
      } catch (error) {
        // It ran. Where its answer was not kept, nobody may run it again before an operator has looked.
        await retry?.abandon()
        throw error
      }
      parts.closeCall(call)
      return released
    },
    // What is kept for a retry, and what is obliged to be seen whole, is held.
    stream:
      mode === 'enforce' && !retry && asked.kind === 'tool'
        ? createStreamCall(parts, admitted, call, {
            answered: () => {
              answered = true
            },
            settle: permission.settle,
          })
        : undefined,
    unanswered: async (error) => {
      if (answered) return
      answered = true
      await retry?.abandon()
      await record({
        step: 'response',
        outcome: 'failed',
        code: isLockstepError(error) ? error.code : 'execution.result-unbound',
        tool: call.tool,
        policyVersion: call.policyVersion,
        detail: { call: call.id, ...sender.counts() },
      })
      parts.closeCall(call)
    },
    // A caller who hangs up does not end the call: its effect may be on its way, and its outcome is still recorded.
    close: (sent) => {
      if (sent) parts.closeCall(call)
    },
  }
}

/**
 * What the server gets of a call: what was decided on, and of a later round the answers to what left in the one before. Members that nobody decided on, as
 * the answers to questions that never left (`inputResponses`, `requestState`) or the wish to run in the background (`task`), stay behind.
 */
function decided(
  { id, method, params }: Admitted['message'],
  { forwarded }: AskedCall,
  round: ToolRound | undefined,
): JsonObject {
  return { jsonrpc: '2.0', id, method, params: { ...forwarded, ...(round ? answersOf(round, params) : {}) } }
}

/** The answer of a call that went before, for the same caller, on the authority that it was given on. Nothing runs. */
async function replay(attempt: Attempt, { answer, authority, labels: raised }: KeptAnswer): Promise<Inbound> {
  const { parts, admitted, tool } = attempt
  const { caller, facts, labels, message, record } = admitted
  const usable = parts.discovery.judge(caller, facts, tool, labels).state === 'usable'
  if (!usable || authority !== authorityOf(caller, facts, parts.policyVersion())) {
    return refuse(attempt, { code: 'invocation.denied' })
  }
  await parts.raise({ caller }, raised)
  await record({ step: 'response', outcome: 'completed', tool, detail: { replayed: true } })
  return { kind: 'answer', answer: { status: 200, headers: {}, body: { ...answer, id: message.id } } }
}

/**
 * Observing uses nothing up and changes nothing. A call that would be permitted is open while it runs, so that what would happen to its
 * statements is recorded too; any other runs without an authorized call.
 */
async function observe(attempt: Attempt, outcome: Outcome<Permission>): Promise<Inbound> {
  const { caller, message } = attempt.admitted
  if (outcome.ok && !outcome.value.call.approval) {
    return run({ ...attempt, retry: undefined }, outcome.value.open(), { ...outcome.value, mode: 'observe' })
  }
  const { parts, tool } = attempt
  await recordDenial(
    attempt,
    outcome.ok ? { code: 'invocation.approval-required' } : seenBy(attempt, outcome.denial),
    'observed',
  )
  return {
    kind: 'forward',
    exchange: { trace: caller.trace, caller, tool, mode: 'observe' },
    message: message.wire,
    release: async (outbound) => {
      if (outbound.id !== message.id) return undefined
      // Nobody was authorized, so where results are released there is nothing to release this one by.
      return parts.executionMode(tool) === 'observe' ? outbound : withoutText(outbound)
    },
    unanswered: async () => undefined,
    close: () => undefined,
  }
}

function seenBy({ parts, admitted, tool }: Attempt, denial: Denial): Denial {
  return disguise(parts.discovery, { ...admitted, tool }, denial)
}

/**
 * Refuses, unless the call with the same key got ahead in the meantime: then its effect is why this one is denied, and what became of it is
 * the answer.
 */
async function settle(attempt: Attempt, denial: Denial): Promise<Inbound> {
  const ahead = await attempt.retry?.find()
  if (ahead?.ok && ahead.value) return replay(attempt, ahead.value)
  return ahead && !ahead.ok ? refuseKey(attempt, ahead.denial) : refuse(attempt, denial)
}

/** Whose key stands for this very call knows the tool; whoever brings the key of another call learns nothing of this one. */
function refuseKey(attempt: Attempt, denial: Denial): Promise<Inbound> {
  return denial.code === 'invocation.idempotency-mismatch' ? refuse(attempt, denial) : tell(attempt, denial, 'denied')
}

function refuse(attempt: Attempt, denial: Denial, outcome: 'denied' | 'failed' = 'denied'): Promise<Inbound> {
  return tell(attempt, seenBy(attempt, denial), outcome)
}

async function tell(attempt: Attempt, denial: Denial, outcome: 'denied' | 'failed'): Promise<Inbound> {
  await recordDenial(attempt, denial, outcome)
  const { parts, admitted, given, round } = attempt
  const { caller, message } = admitted
  const plain = parts.deny(denial, message.id)
  const offered = given && (await parts.elicitation?.offer(caller, message, given, denial, round))
  // A challenge stands beside the page, for clients that bring another token instead (RFC 9110 section 11.6.1).
  const answer = offered ? { ...plain, ...offered, headers: { ...plain.headers, ...offered.headers } } : plain
  return { kind: 'answer', answer }
}

async function recordDenial(
  { parts, admitted, tool }: Attempt,
  denial: Denial,
  outcome: 'denied' | 'observed' | 'failed',
) {
  await admitted.record({
    step: 'invocation',
    outcome,
    code: denial.code,
    // attacker-controlled: a name that is none of ours, perhaps a token in the wrong place, is not recorded.
    ...(Object.hasOwn(parts.tools, tool) ? { tool } : {}),
    ...describeDenial(denial),
  })
}
