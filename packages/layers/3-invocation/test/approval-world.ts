import {
  type ApprovalStore,
  type AuthorizedCall,
  type Caller,
  createSeal,
  type DecisionPoint,
  digest,
  type EntityFact,
  type Facts,
  type JsonObject,
  type Outcome,
  type ToolCall,
} from '@lockstep/core'
import {
  type ApprovalsOptions,
  createApprovals,
  createCallLifecycle,
  createInvocation,
  type InvocationOptions,
} from '@lockstep/invocation'
import { createDecisionPoint } from '@lockstep/policy'
import { createMemoryState } from '@lockstep/stores/memory'
import { expect } from 'vitest'
import {
  callerOf,
  expense,
  factsOf,
  MFA,
  type Person,
  POLICIES,
  PWD,
  userFact,
} from '../../../engines/policy/test/expense-fixture.ts'

export const PLANNER = 'spiffe://expense.example/agents/planner-42'
export const APP = 'spiffe://expense.example/apps/approvals'
export const MINUTE = 60_000

/** The example's policies over invoices in a map, with real stores. */
export interface WorldOptions {
  readonly point?: DecisionPoint
  readonly store?: (real: ApprovalStore) => ApprovalStore
  readonly approvals?: Partial<ApprovalsOptions> | false
  readonly invocation?: Partial<InvocationOptions>
}

const examplePoint = createDecisionPoint({ folder: POLICIES })

export function createWorld(options: WorldOptions = {}) {
  const { point = examplePoint } = options
  let now = 1_700_000_000_000
  const clock = () => now
  const rows = new Map<string, EntityFact>()
  const people = new Map<string, Facts>()
  const written: string[] = []
  const seal = createSeal<Caller>()
  const { approvals: real, singleUse } = createMemoryState({ clock })
  const store = noting(options.store ? options.store(real) : real, written)
  const tools = {
    approveExpense: { resource: { type: 'Expense', argument: 'invoiceId' } },
    getExpense: { resource: { type: 'Expense', argument: 'invoiceId' } },
    sendReport: {},
  }
  const resources = { load: async (_type: string, id: string) => rows.get(id) }
  const factsAbout = (subject: string, actor?: string): Facts => {
    const known = people.get(subject) ?? { entities: [], revision: '0' }
    const agent = actor === undefined ? [] : [{ type: 'Agent', id: actor, attributes: {}, parents: [] }]
    return { entities: [...known.entities, ...agent], revision: known.revision }
  }
  const approvals =
    options.approvals === false
      ? undefined
      : createApprovals({
          store,
          approvers: [{ relation: 'coApproverFor', of: 'dept' }],
          factsOf: async (subject, actor) => factsAbout(subject.id, actor),
          point,
          tools,
          resources,
          isRevoked: singleUse.isRevoked,
          isCaller: seal.isSealed,
          clock,
          ...options.approvals,
        })
  const lifecycle = createCallLifecycle(clock)
  const invocation = createInvocation({
    point,
    tools,
    resources,
    acrValues: [PWD, MFA],
    approvals,
    obligations: [],
    seal: createSeal<AuthorizedCall>().seal,
    isCaller: seal.isSealed,
    lifecycle,
    clock,
    ...options.invocation,
  })

  for (const person of ['alice', 'bob', 'carol', 'dave'] as const) {
    people.set(`user:${person}`, { entities: factsOf(person).entities.slice(0, 1), revision: '1' })
  }
  rows.set('INV-8831', expense())
  rows.set('INV-9001', expense({ id: 'INV-9001', amount: 620_000 }))
  rows.set('INV-7', expense({ id: 'INV-7', dept: '7', amount: 620_000 }))

  const call = (invoiceId: string, more: JsonObject = {}, tool = 'approveExpense'): ToolCall => {
    const given = { invoiceId, ...more }
    return { tool, arguments: given, argumentsDigest: digest(given) }
  }
  const as = (person: Person, over: Parameters<typeof callerOf>[1] = {}) => seal.seal(callerOf(person, over))
  const strong = (person: Person, agent?: string) => as(person, { acr: [PWD, MFA], ...(agent ? { agent } : {}) })
  const authorize = (caller: Caller, asked: ToolCall, labels: readonly string[] = []) =>
    invocation.authorize(caller, factsAbout(caller.subject.id, caller.actor.id), asked, { labels })

  return {
    ...{ invocation, approvals, lifecycle, store, written, rows, people, resources, seal, call, as, strong, authorize },
    now: clock,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    /** Consents as somebody at the approvals' own application. */
    approve: (person: Person, id: string, over: { readonly agent?: string } = {}) => {
      const approver = strong(person, over.agent ?? APP)
      return approvals!.approve(approver, factsAbout(approver.subject.id, approver.actor.id), id)
    },
    /** What else somebody does at the approvals' own application. */
    deny: (person: Person, id: string, over: { readonly agent?: string } = {}) => {
      const approver = strong(person, over.agent ?? APP)
      return approvals!.deny(approver, factsAbout(approver.subject.id, approver.actor.id), id)
    },
    withdraw: (person: Person, id: string, agent = APP) => approvals!.withdraw(strong(person, agent), id),
    see: (person: Person, id: string, agent = APP) => {
      const onlooker = strong(person, agent)
      return approvals!.see(onlooker, factsAbout(onlooker.subject.id, agent), id)
    },
    list: (person: Person, agent = APP) => {
      const onlooker = strong(person, agent)
      return approvals!.list(onlooker, factsAbout(onlooker.subject.id, agent))
    },
    /** Records consent in the store, whoever it is by. */
    recordConsent: (id: string, subject: string) =>
      store.consent(
        id,
        0,
        { issuer: 'https://issuer.example', subject, actor: APP, at: clock(), relations: ['coApproverFor'] },
        true,
      ),
    /** Asks for the 6,200.00 as alice's agent, and returns the id of the request. */
    requested: async (asked = call('INV-9001')) => idOf(await authorize(strong('alice'), asked)),
    relate: (person: Person, coApproverFor: readonly string[]) =>
      people.set(`user:${person}`, {
        entities: [userFact(`user:${person}`, { roles: [], manages: [], coApproverFor, approvalLimit: 0 })],
        revision: '2',
      }),
  }
}

export type World = ReturnType<typeof createWorld>

/** The id of the request that a denial names. */
export function idOf(outcome: Outcome<unknown>): string {
  expect(outcome).toMatchObject({ ok: false, denial: { code: 'invocation.approval-required' } })
  const id = outcome.ok ? undefined : outcome.denial.unlock?.approval?.id
  expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/)
  return id ?? ''
}

/** What a denial tells the caller. */
export function told(outcome: Outcome<unknown>): unknown {
  if (outcome.ok) return 'permitted'
  const { code, unlock, detail } = outcome.denial
  return { code, unlock, detail }
}

/** The store, with every write noted. */
function noting(store: ApprovalStore, written: string[]): ApprovalStore {
  const note = <T>(name: string, answer: T) => {
    written.push(name)
    return answer
  }
  return {
    ...store,
    request: (approval, bounds) => note('request', store.request(approval, bounds)),
    consent: (id, given, consent, isComplete) => note('approve', store.consent(id, given, consent, isComplete)),
    deny: (id, by, until) => note('deny', store.deny(id, by, until)),
    withdraw: (id, by) => note('withdraw', store.withdraw(id, by)),
    use: (id) => note('use', store.use(id)),
  }
}
