import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditLog } from '@lockstep/audit'
import { createSeal, digest, systemClock } from '@lockstep/core'
import {
  checkTransaction,
  consumeTransaction,
  createApprovals,
  createCallLifecycle,
  createInvocation,
} from '@lockstep/invocation'
import { openDecisionPoint } from '@lockstep/policy'
import { postgresState } from '@lockstep/stores/postgres'
import { createCheckpointKey } from '@lockstep/tokens'

const SCHEMA = `
entity Department, Agent;
entity User { manages: Set<Department>, coApproverFor: Set<Department> };
entity Expense { dept: Department, amount: Long, status: String };
action approveExpense appliesTo {
  principal: [User, Agent],
  resource: Expense,
  context: { intent: String, actor: Agent, proof: String, acr: Set<String>, approval?: { by: User } },
};`
const POLICIES = `
@id("manager-approves")
permit (principal is User, action == Action::"approveExpense", resource is Expense)
when { principal.manages.contains(resource.dept) && resource.amount <= 500000 && resource.status == "submitted" };
@id("two-approve")
permit (principal is User, action == Action::"approveExpense", resource is Expense)
when {
  principal.manages.contains(resource.dept) && resource.amount > 500000 && resource.status == "submitted" &&
  context has approval && context.approval.by.coApproverFor.contains(resource.dept) && context.approval.by != principal
};
@id("agent-may")
permit (principal == Agent::"spiffe://bench/agent", action == Action::"approveExpense", resource);`

const AGENT = 'spiffe://bench/agent'
const ISSUER = 'https://as.bench'
const TOOL = 'approveExpense'
const RESOURCE = 'https://mcp.bench/mcp'
const KEY = digest('the key of the caller')
const department = (id) => ({ entity: { type: 'Department', id } })
const user = (id, manages, coApproverFor) => ({
  type: 'User',
  id,
  attributes: { manages: { set: manages.map(department) }, coApproverFor: { set: coApproverFor.map(department) } },
  parents: [],
})
const PEOPLE = { 'user:alice': user('user:alice', ['42'], []), 'user:bob': user('user:bob', [], ['42']) }
const factsOf = (id, actor) => ({
  entities: [PEOPLE[id], ...(actor ? [{ type: 'Agent', id: actor, attributes: {}, parents: [] }] : [])],
  revision: '1',
})

/** The policies, loaded once, and a folder that is removed with them. */
export async function openPolicies() {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  const policies = join(folder, 'policies')
  await mkdir(policies)
  await writeFile(join(policies, 'schema.cedarschema'), SCHEMA)
  await writeFile(join(policies, 'all.cedar'), POLICIES)
  const point = await openDecisionPoint({ folder: policies })
  return { folder, point, close: () => rm(folder, { recursive: true, force: true }) }
}

/** An instance over a schema of its own in the database of the pool: the invocation layer, its state there, and a log on disk. */
export async function openInstance({ pool, schema, policies: { folder, point } }) {
  const clock = systemClock
  const state = await postgresState({ pool, schema, auditFolder: join(folder, schema) }).open({ clock, base: folder })
  const key = await createCheckpointKey()
  const audit = await openAuditLog({ folder: join(folder, `${schema}-log`), origin: 'bench/audit', key, clock })
  const callers = createSeal()
  const lifecycle = createCallLifecycle(clock)
  const tools = { [TOOL]: { resource: { type: 'Expense', argument: 'invoiceId' }, transaction: 'required' } }
  const resources = {
    load: async (type, id) => {
      const amount = id.startsWith('large-') ? 620_000 : 480_000
      return { type, id, attributes: { dept: department('42'), amount, status: 'submitted' }, parents: [] }
    },
  }
  const isCaller = callers.isSealed
  const approvals = createApprovals({
    store: state.approvals,
    approvers: [{ relation: 'coApproverFor', of: 'dept' }],
    factsOf: async ({ id }, actor) => factsOf(id, actor?.id),
    ...{ point, tools, resources, isRevoked: state.singleUse.isRevoked, isCaller, clock },
  })
  const invocation = createInvocation({
    ...{ point, tools, resources, approvals, isCaller, lifecycle, clock },
    acrValues: [],
    obligations: [],
    seal: createSeal().seal,
  })
  const callerOf = (person, actor) => {
    const now = Math.floor(clock() / 1000)
    return callers.seal({
      subject: { issuer: ISSUER, id: person },
      actor: { id: actor, basis: 'proved', chain: [] },
      proof: { kind: 'dpop', thumbprint: KEY },
      assurance: { satisfied: [] },
      scopes: [],
      token: { id: 'token', issuedAt: now, expiresAt: now + 300 },
      trace: '0af7651916cd43dd8448eb211c80319c',
    })
  }
  const alice = callerOf('user:alice', AGENT)
  const facts = factsOf('user:alice', AGENT)
  const callOf = (invoiceId) => {
    const args = { invoiceId, note: 'x'.repeat(200) }
    return { tool: TOOL, arguments: args, argumentsDigest: digest(args) }
  }

  /** The whole authorize step of one call; its transaction token was verified before. */
  const authorize = async ({ call, token }) => {
    const outcome = await invocation.authorize(alice, facts, call, { labels: [] })
    if (!outcome.ok) throw new Error(`it was denied: ${outcome.denial.code}`)
    const { call: decided, commit } = outcome.value
    const bound = { ...token, transaction: { ...token.transaction, ...bindingOf(decided) } }
    if (checkTransaction(bound, { ...decided, audience: RESOURCE })) throw new Error('the token is for another call')
    const committed = await commit([() => consumeTransaction(state.singleUse, bound, clock)])
    if (!committed.ok) throw new Error(`it was not committed: ${committed.denial.code}`)
    const { decision, policyVersion } = decided
    const event = { trace: alice.trace, step: 'invocation', outcome: 'permitted', tool: TOOL, policyVersion }
    const digests = { arguments: decided.argumentsDigest, resource: decided.resourceDigest }
    const detail = { call: decided.id, digests, facts: facts.revision, obligations: [] }
    await audit.append({ ...event, subject: alice.subject.id, actor: AGENT, policies: decision.policies, detail })
    lifecycle.close(committed.value)
  }

  return {
    authorize,
    /** A call with its token, ready to be authorized. A large one has the consent of a second person. */
    async prepare(id, isLarge = false) {
      const call = callOf(isLarge ? `large-${id}` : id)
      if (isLarge) await consentTo(call)
      return { call, token: tokenOf(id, call) }
    },
    async close() {
      await audit.close()
      await state.close()
    },
  }

  async function consentTo(call) {
    const waiting = await invocation.authorize(alice, facts, call, { labels: [] })
    const asked = waiting.ok ? undefined : waiting.denial.unlock?.approval?.id
    if (!asked) throw new Error('no consent was asked for')
    const bob = callerOf('user:bob', 'app')
    const consented = await approvals.approve(bob, factsOf('user:bob'), asked)
    if (!consented.ok) throw new Error(`there is no consent: ${consented.denial.code}`)
  }

  function tokenOf(id, { argumentsDigest }) {
    const now = Math.floor(clock() / 1000)
    return {
      ...{ issuer: RESOURCE, trustDomain: 'bench', id, subject: alice.subject, actors: [AGENT], thumbprint: KEY },
      ...{
        scopes: [],
        requestingWorkload: RESOURCE,
        issuedAt: now,
        expiresAt: now + 60,
        environment: { proof: 'dpop' },
      },
      transaction: { tool: TOOL, audience: RESOURCE, argumentsDigest },
    }
  }
}

/** What the token of an honest agent states of the resource and the policy. */
function bindingOf({ resourceDigest, policyVersion }) {
  return { resourceDigest, policyVersion }
}
