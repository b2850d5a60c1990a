import { type AuthorizedCall, type Caller, type JsonObject, LockstepError } from '@lockstep/core'
import { readOwnWorkload } from '@lockstep/tokens'
import type { OpenedTransactions } from '../open-transactions.ts'
import { readArguments } from '../read-arguments.ts'
import type { ToolCatalog } from '../tool-catalog.ts'
import { type DecideJobParts, decideJob } from './decide-job.ts'
import type { GrantedJob } from './granted-job.ts'

/** A call of another service that a job makes. */
export interface JobCall {
  /** One of the `tools` of the grant. */
  readonly tool: string
  /** @defaultValue none */
  readonly arguments?: JsonObject | undefined
  /** The X.509-SVID of this worker, in PEM or DER: the token counts on its connections alone. */
  readonly certificate: string | Uint8Array
  /** Scopes of the call, none that the granting call had not. @defaultValue all of them */
  readonly scopes?: readonly string[] | undefined
}

/** What issuing needs. */
export interface JobTokenParts extends DecideJobParts {
  readonly catalog: ToolCatalog
  /** Absent where another instance issues the transaction tokens. */
  readonly issue: OpenedTransactions['issue']
  /** The resource URL of the server that runs a tool. */
  readonly audienceOf: (tool: string) => string
}

/** A token that was issued to a job. */
export interface JobToken {
  readonly jwt: string
  /** What is recorded of it. */
  readonly detail: JsonObject
}

/**
 * Issues a transaction token for one call that a job makes of another service (draft-ietf-oauth-transaction-tokens-10): the same transaction,
 * subject and actors as the call that granted the job, no scope more, bound to the certificate of the worker that presents it, and at an end with
 * the job's deadline. The call is decided on now; nothing is requested or used up.
 *
 * @throws TypeError for what cannot be meant, for a tool that was not granted, and where another instance issues the tokens
 * @throws LockstepError the code of the denial
 */
export async function issueJobToken(
  { catalog, issue, audienceOf, ...parts }: JobTokenParts,
  job: GrantedJob,
  { deadline }: AuthorizedCall,
  { tool, arguments: given = {}, certificate, scopes = job.transaction.scopes }: JobCall,
): Promise<JobToken> {
  if (!issue) throw new TypeError('another instance issues the transaction tokens')
  if (!job.tools.includes(tool)) throw new TypeError('the tool was not granted to this job')
  // INVARIANT: nothing is widened.
  if (!scopes.every((scope) => job.transaction.scopes.includes(scope))) throw new TypeError('a scope was not granted')
  const workload = readOwnWorkload(certificate)
  const read = readArguments({ arguments: given })
  if (!read.ok) throw new LockstepError(read.denial.code)
  const parsed = await catalog.parse(tool, read.value.wire)
  if (!parsed.ok) throw new LockstepError('invocation.arguments-invalid', parsed.problem)
  const { argumentsDigest } = read.value
  const { caller, standing } = job
  const asked = { tool, arguments: parsed.value, argumentsDigest }
  const decided = await decideJob(parts, { caller, standing, call: asked, labels: job.labels })
  if (!decided.ok) throw new LockstepError(decided.denial.code)

  const { resource, resourceDigest, policyVersion } = decided.value.call
  const signed = await issue(
    {
      ...whoCalls(caller),
      certificate: workload.certificate,
      requestingWorkload: workload.id,
      scopes,
      transaction: {
        tool,
        audience: audienceOf(tool),
        argumentsDigest,
        policyVersion,
        ...(resource ? { resource: { type: resource.type, id: resource.id } } : {}),
        ...(resourceDigest === undefined ? {} : { resourceDigest }),
      },
    },
    Math.min(deadline, job.expiresAt) / 1000,
    job.transaction.id,
  )
  if (!signed) throw new LockstepError('invocation.call-closed')
  const digests = { arguments: argumentsDigest, ...(resourceDigest === undefined ? {} : { resource: resourceDigest }) }
  const detail = { issued: signed.token.id, transaction: job.transaction.id, workload: workload.id, tool, digests }
  return { jwt: signed.jwt, detail }
}

function whoCalls({ subject, actor, assurance: { acr, authenticatedAt } }: Caller) {
  return {
    subject,
    actors: [actor.id, ...actor.chain],
    environment: {
      ...(acr === undefined ? {} : { acr }),
      ...(authenticatedAt === undefined ? {} : { authenticatedAt: Math.floor(authenticatedAt) }),
      proof: 'mtls',
    },
  } as const
}
