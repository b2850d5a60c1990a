import { fileURLToPath } from 'node:url'
import type { Caller, EntityFact, Facts, Value } from '@lockstep/core'

export const POLICIES = fileURLToPath(new URL('../../../../examples/expense-approval/policies', import.meta.url))
const PLANNER = 'spiffe://expense.example/agents/planner-42'
export const PWD = 'urn:expense:acr:pwd'
export const MFA = 'urn:expense:acr:mfa'

export type Person = 'alice' | 'bob' | 'carol' | 'dave'

const PEOPLE = {
  alice: { roles: ['finance'], manages: ['42'], coApproverFor: [], department: '42', approvalLimit: 500_000 },
  bob: { roles: ['finance'], manages: [], coApproverFor: ['42'], department: '42', approvalLimit: 500_000 },
  carol: { roles: ['finance'], manages: [], coApproverFor: [], department: '7', approvalLimit: 0 },
  dave: { roles: [], manages: [], coApproverFor: [], department: '42', approvalLimit: 0 },
} as const satisfies Record<Person, PersonFacts>

export interface PersonFacts {
  readonly roles: readonly string[]
  readonly manages: readonly string[]
  readonly coApproverFor: readonly string[]
  readonly department?: string | undefined
  readonly approvalLimit: number
}

function department(id: string): Value {
  return { entity: { type: 'Department', id } }
}

export function userFact(id: string, facts: PersonFacts): EntityFact {
  return {
    type: 'User',
    id,
    attributes: {
      manages: { set: facts.manages.map(department) },
      coApproverFor: { set: facts.coApproverFor.map(department) },
      ...(facts.department !== undefined && { department: department(facts.department) }),
      approvalLimit: facts.approvalLimit,
    },
    parents: facts.roles.map((role) => ({ type: 'Role', id: role })),
  }
}

export function factsOf(person: Person, agent = PLANNER): Facts {
  return {
    entities: [userFact(`user:${person}`, PEOPLE[person]), { type: 'Agent', id: agent, attributes: {}, parents: [] }],
    revision: '1',
  }
}

export function callerOf(
  person: Person,
  over: {
    readonly agent?: string
    readonly acr?: readonly string[]
    readonly proof?: Caller['proof']['kind']
    readonly authenticatedAt?: number
  } = {},
): Caller {
  return {
    subject: { issuer: 'https://issuer.example', id: `user:${person}` },
    actor: { id: over.agent ?? PLANNER, basis: 'proved', chain: [] },
    proof: { kind: over.proof ?? 'dpop' },
    assurance: {
      satisfied: over.acr ?? [PWD],
      ...(over.authenticatedAt === undefined ? {} : { authenticatedAt: over.authenticatedAt }),
    },
    scopes: [],
    token: { id: 'token', issuedAt: 0, expiresAt: 1 },
    trace: '0'.repeat(32),
  }
}

export function expense(
  over: {
    readonly id?: string
    readonly dept?: string
    readonly amount?: number
    readonly status?: string
    readonly employee?: string
  } = {},
): EntityFact {
  return {
    type: 'Expense',
    id: over.id ?? 'INV-8831',
    attributes: {
      dept: department(over.dept ?? '42'),
      amount: over.amount ?? 480_000,
      status: over.status ?? 'submitted',
      employee: { entity: { type: 'User', id: over.employee ?? 'user:erin' } },
      confidential: false,
    },
    parents: [],
  }
}

export function tool(id: string): EntityFact {
  return { type: 'Tool', id, attributes: {}, parents: [] }
}
