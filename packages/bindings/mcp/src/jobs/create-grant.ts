import { randomBytes, randomUUID } from 'node:crypto'
import {
  type AuditSink,
  type AuthorizedCall,
  type CallerKey,
  type Clock,
  digest,
  type JobStore,
  type JsonObject,
  LockstepError,
  revocableName,
  type Standing,
  type ToolCall,
} from '@lockstep/core'
import type { Approvals } from '@lockstep/invocation'
import type { GrantSealer } from '@lockstep/tokens'
import { callerKey } from '../caller-key.ts'
import type { Exchange } from '../exchange.ts'
import { readArguments } from '../read-arguments.ts'
import type { ToolCatalog } from '../tool-catalog.ts'
import { type DecideJobParts, decideJob } from './decide-job.ts'
import { checkGrantOptions, type GrantOptions, type GrantTerms } from './grant-options.ts'
import { type GrantedJob, writeGrantedJob } from './granted-job.ts'

/** A sealed grant, and under which id it is kept. */
export interface SealedGrant {
  readonly id: string
  readonly sealed: string
}

/** What granting needs. */
export interface CreateGrantParts extends DecideJobParts {
  readonly store: JobStore
  readonly sealer: GrantSealer
  readonly catalog: ToolCatalog
  readonly tools: readonly string[]
  readonly audit: AuditSink
  readonly clock: Clock
  /** Absent where nothing needs consent. */
  readonly approvals: Pick<Approvals, 'recall'> | undefined
  /** Under which revocable names the token of the caller of an exchange stood. */
  readonly standingOf: (exchange: Exchange) => readonly Standing[]
}

/** Grants work after the answer, in the course of one open call. */
export type GrantJob = (
  exchange: Exchange,
  call: AuthorizedCall,
  options: GrantOptions,
  /** Begins the id. @defaultValue nothing */
  kind?: 'task-',
) => Promise<SealedGrant>

/**
 * Creates what grants. The grant is recorded before it is kept, and kept before anybody has it.
 *
 * @throws TypeError for options that cannot be meant, and for arguments that are too long to be sealed
 * @throws LockstepError the code of the denial where another tool is not permitted now; `state.unavailable`, `audit.unavailable`
 */
export function createGrant(parts: CreateGrantParts): GrantJob {
  const { store, sealer, catalog, audit, clock } = parts

  /** Another tool is decided on now as well: nobody is granted what they may not do. */
  const decideOther = async (
    { caller }: AuthorizedCall,
    standing: readonly Standing[],
    tool: string,
    given: JsonObject,
  ): Promise<AuthorizedCall> => {
    const read = readArguments({ arguments: given })
    if (!read.ok) throw new LockstepError(read.denial.code)
    const parsed = await catalog.parse(tool, read.value.wire)
    if (!parsed.ok) throw new LockstepError('invocation.arguments-invalid', parsed.problem)
    const call = { tool, arguments: parsed.value, argumentsDigest: read.value.argumentsDigest }
    const decided = await decideJob(parts, { caller, call, standing })
    if (!decided.ok) throw new LockstepError(decided.denial.code)
    return decided.value.call
  }

  return async (exchange, call, options, kind) => {
    const terms = checkGrantOptions(options, parts.tools)
    const id = `${kind ?? ''}${randomBytes(24).toString('base64url')}`
    const standing = parts.standingOf(exchange)
    const { tool, arguments: given = {} } = options
    const decided = tool === undefined ? call : await decideOther(call, standing, tool, given)
    const labels = await parts.history.labels(callerKey(call.caller))
    const approval = decided === call && call.approval ? await parts.approvals?.recall(call.approval.id) : undefined
    const agreed = {
      ...(approval ? { approval } : {}),
      ...(decided.history && decided === call ? { measured: decided.history } : {}),
    }
    const job = describeGrant(
      { id, terms, call, decided, standing, labels, agreed, now: Math.floor(clock()) },
      exchange,
    )
    const sealed = await sealer.seal(writeGrantedJob(job))
    const { purpose, grantedAt, expiresAt, mostStarts } = job
    const kept = {
      id,
      digest: digest(sealed),
      tool: decided.tool,
      purpose,
      call: call.id,
      grantedAt,
      expiresAt,
      mostStarts,
    }
    await audit.append({
      trace: call.caller.trace,
      step: 'invocation',
      outcome: 'permitted',
      subject: call.caller.subject.id,
      actor: call.caller.actor.id,
      tool: decided.tool,
      policyVersion: decided.policyVersion,
      detail: { call: call.id, grant: id, purpose, expiresAt, starts: mostStarts },
    })
    await store.grant({ ...kept, ...keyOf(call), trace: call.caller.trace })
    return { id, sealed }
  }
}

function keyOf({ caller }: AuthorizedCall): CallerKey {
  return callerKey(caller)
}

interface Described {
  readonly id: string
  readonly terms: GrantTerms
  readonly call: AuthorizedCall
  readonly decided: AuthorizedCall
  readonly standing: readonly Standing[]
  readonly labels: readonly string[]
  readonly agreed: Pick<GrantedJob, 'approval' | 'measured'>
  readonly now: number
}

function describeGrant(
  { id, terms, call, decided, standing, labels, agreed, now }: Described,
  { job, transaction }: Exchange,
): GrantedJob {
  const { tool, arguments: given, argumentsDigest, resource, resourceDigest, policyVersion } = decided
  const named: ToolCall = { tool, arguments: given, argumentsDigest }
  // INVARIANT: a job grants for no longer than it was granted itself: nothing goes on for ever without its caller.
  const expiresAt = Math.min(now + terms.expiresIn, job?.expiresAt ?? Number.POSITIVE_INFINITY)
  const own = { name: revocableName('decisions'), issuedAt: now }
  return {
    id,
    purpose: terms.purpose,
    grantedAt: now,
    expiresAt,
    mostStarts: terms.mostStarts,
    origin: call.id,
    caller: call.caller,
    standing: [...standing.filter(({ name }) => name !== own.name), own],
    call: named,
    ...(resource && resourceDigest !== undefined
      ? { resource: { type: resource.type, id: resource.id, digest: resourceDigest } }
      : {}),
    policyVersion,
    ...agreed,
    labels,
    transaction: job?.transaction ?? {
      id: transaction ? (transaction.transactionId ?? transaction.id) : randomUUID(),
      scopes: transaction?.scopes ?? call.caller.scopes,
    },
    tools: terms.tools,
  }
}
