import type { Approval, Caller, Denial, JsonObject, Outcome, RelationshipSource } from '@lockstep/core'
import type { Approvals } from '@lockstep/invocation'
import type { Answer } from '../answer.ts'
import { tellApproval } from './tell-approval.ts'

/** Where requests for consent are: the list; each below it. */
export const APPROVALS_PATH = '/.lockstep/approvals'

/** What became of something that was asked of the approvals, for the audit record and as an answer. */
export type ApprovalAnswer =
  | { readonly ok: true; readonly detail: JsonObject; readonly answer: Answer }
  | { readonly ok: false; readonly detail: JsonObject; readonly denial: Denial }

/** What the endpoints are made of. */
export interface ApprovalEndpointsParts {
  /** Absent when the configuration names no approvers: then there is nothing to consent to. */
  readonly approvals: Approvals | undefined
  readonly relationships: RelationshipSource
  /** Whether the callers are people on our pages: whoever made a request sees it, through whichever actor. @defaultValue false */
  readonly inPerson?: boolean
}

/** Asks one thing of the approvals for a caller. Rejects with LockstepError when a port is down. */
export type AskApprovals = (caller: Caller) => Promise<ApprovalAnswer>

const ID = /^[A-Za-z0-9_-]{32}$/
const NO_STORE = { 'cache-control': 'no-store' } as const
const ACTS = ['approve', 'deny', 'withdraw'] as const

/** Whether a path is one of the approvals'. */
export function servesApprovals(path: string): boolean {
  return path === APPROVALS_PATH || path.startsWith(`${APPROVALS_PATH}/`)
}

/**
 * Creates the endpoints of approvals: `GET` lists or shows, `POST` consents, denies or withdraws. Returns `undefined` for another method.
 *
 * INVARIANT: an id that is unknown, guessed, or of others is answered with the same body.
 */
export function createApprovalEndpoints({ approvals, relationships, inPerson = false }: ApprovalEndpointsParts) {
  const see = async (caller: Caller, id: string): Promise<Outcome<Approval>> => {
    const facts = await relationships.load(caller)
    return approvals?.see(caller, facts, id, inPerson) ?? { ok: false, denial: { code: 'gateway.path-unknown' } }
  }
  const act = async (caller: Caller, id: string, how: (typeof ACTS)[number]): Promise<Outcome<Approval>> => {
    if (!approvals) return { ok: false, denial: { code: 'invocation.approval-invalid' } }
    if (how === 'withdraw') return approvals.withdraw(caller, id)
    const facts = await relationships.load(caller)
    return approvals[how](caller, facts, id)
  }
  const list = async (caller: Caller): Promise<ApprovalAnswer> => {
    const none = { requested: [], waiting: [] }
    const { requested, waiting } = (await approvals?.list(caller, await relationships.load(caller))) ?? none
    const body = {
      requested: requested.map((one) => tellApproval(one, 'requester')),
      waiting: waiting.map((one) => tellApproval(one, 'approver')),
    }
    return answered({ listed: requested.length + waiting.length }, body)
  }

  return (method: string, path: string): AskApprovals | undefined => {
    const [id = '', verb, ...rest] = path.slice(APPROVALS_PATH.length + 1).split('/')
    // attacker-controlled: what is no id of ours, perhaps a token in the wrong place, is not recorded.
    const detail: JsonObject = ID.test(id) ? { approval: id } : {}
    const about = (ask: (caller: Caller) => Promise<ApprovalAnswer>): AskApprovals => {
      return async (caller) => {
        // A token with details may do what they cover, and they cover calls: nobody lends it their consent, or their eyes.
        if (caller.authorizationDetails) {
          return { ok: false, detail, denial: { code: 'invocation.details-insufficient' } }
        }
        return ask(caller)
      }
    }
    if (method === 'GET') {
      if (path === APPROVALS_PATH) return about(list)
      return about(async (caller) => {
        const outcome: Outcome<Approval> =
          verb === undefined ? await see(caller, id) : { ok: false, denial: { code: 'gateway.path-unknown' } }
        return tell(outcome, detail, (seen) =>
          tellApproval(seen, isRequester(seen, caller, inPerson) ? 'requester' : 'approver'),
        )
      })
    }
    if (method !== 'POST') return undefined
    const how = verb === undefined ? 'approve' : ACTS.find((one) => one === verb)
    return about(async (caller) => {
      const outcome: Outcome<Approval> =
        how && rest.length === 0
          ? await act(caller, id, how)
          : { ok: false, denial: { code: 'invocation.approval-invalid' } }
      return tell(outcome, { ...detail, ...(how ? { answer: how } : {}) }, tellState)
    })
  }
}

function tell(
  outcome: Outcome<Approval>,
  detail: JsonObject,
  body: (approval: Approval) => JsonObject,
): ApprovalAnswer {
  return outcome.ok ? answered(detail, body(outcome.value)) : { ok: false, detail, denial: outcome.denial }
}

function answered(detail: JsonObject, body: JsonObject): ApprovalAnswer {
  return { ok: true, detail, answer: { status: 200, headers: NO_STORE, body } }
}

function tellState({ id, state, consents, needed }: Approval): JsonObject {
  return { id, state, given: consents.length, needed: needed.reduce((sum, { count }) => sum + count, 0) }
}

function isRequester({ issuer, subject, actor }: Approval, caller: Caller, inPerson: boolean): boolean {
  const isSubject = caller.subject.issuer === issuer && caller.subject.id === subject
  return isSubject && (inPerson || caller.actor.id === actor)
}
