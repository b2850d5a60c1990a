// A folder of policies as a house has them: a few for each tool, over people, departments and expenses; and one question about one of them.

/** Policies for each tool: two about people, one about programs, one for reading, one that forbids. */
const POLICIES_OF_A_TOOL = 5

const HEAD = `entity Role;
entity Department;
entity User in [Role] { manages: Set<Department>, department?: Department, approvalLimit: Long };
entity Agent;
entity Expense { dept: Department, amount: Long, status: String, employee: User, confidential: Bool };
`

/** The files of a policy folder with so many policies. */
export function policyFiles(count) {
  const tools = Array.from({ length: Math.ceil(count / POLICIES_OF_A_TOOL) }, (_, index) => `tool${index}`)
  const actions = tools.map(
    (tool) => `action ${tool} appliesTo { principal: [User, Agent], resource: [Expense], context: {
  intent: String, actor: Agent, proof: String, acr: Set<String>, arguments: { note: String, amount?: Long } } };`,
  )
  const policies = tools.flatMap((tool) => [
    `@id("${tool}-manager") permit (principal in Role::"finance", action == Action::"${tool}", resource is Expense) when {
  principal.manages.contains(resource.dept) && resource.amount <= principal.approvalLimit && resource.amount <= 500000 &&
  resource.status == "submitted" };`,
    `@id("${tool}-own") permit (principal is User, action == Action::"${tool}", resource is Expense) when {
  resource.employee == principal && resource.amount < 1000 };`,
    `@id("${tool}-agent") permit (principal == Agent::"planner", action == Action::"${tool}", resource);`,
    `@id("${tool}-colleague") permit (principal in Role::"finance", action == Action::"${tool}", resource is Expense) when {
  context.acr.contains("mfa") && principal has department && principal.department == resource.dept };`,
    `@id("${tool}-bearer") forbid (principal, action == Action::"${tool}", resource) when {
  context.proof == "bearer" || (resource.confidential && !context.acr.contains("mfa")) };`,
  ])
  return {
    'schema.cedarschema': HEAD + actions.join('\n'),
    'tools.cedar': policies.slice(0, count).join('\n'),
  }
}

const department = (id) => ({ entity: { type: 'Department', id } })

/** Somebody, with an agent and one co-worker: three entities, and the resource is the fourth. */
export function questionOf(person = 'alice') {
  const user = (id, limit) => ({
    type: 'User',
    id,
    attributes: {
      manages: { set: [department('42'), department('7'), department('9')] },
      department: department('42'),
      approvalLimit: limit,
    },
    parents: [{ type: 'Role', id: 'finance' }],
  })
  return {
    principal: { type: 'User', id: person },
    action: 'tool0',
    resource: {
      type: 'Expense',
      id: 'INV-8831',
      attributes: {
        dept: department('42'),
        amount: 480_000,
        status: 'submitted',
        employee: { entity: { type: 'User', id: 'erin' } },
        confidential: false,
      },
      parents: [],
    },
    context: {
      intent: 'tool0',
      actor: { entity: { type: 'Agent', id: 'planner' } },
      proof: 'dpop',
      acr: { set: ['pwd'] },
      arguments: { record: { note: 'please', amount: 480_000 } },
    },
    facts: {
      entities: [user(person, 500_000), user('erin', 0), { type: 'Agent', id: 'planner', attributes: {}, parents: [] }],
      revision: '1',
    },
  }
}
