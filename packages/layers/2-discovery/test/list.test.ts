import { CAPABILITY_META, createDiscovery } from '@lockstep/discovery'
import { createDecisionPoint } from '@lockstep/policy'
import { createEnvelopeSigner } from '@lockstep/tokens'
import { afterAll, expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { callerOf, factsOf, MFA, PWD } from '../../../engines/policy/test/expense-fixture.ts'
import { policyFolder } from '../../../engines/policy/test/policy-folder.ts'

const folder = policyFolder({
  'schema.cedarschema': `
    entity Role, Agent, Tool, Department;
    entity User in [Role] = {
      manages: Set<Department>, coApproverFor: Set<Department>, department?: Department, approvalLimit: Long
    };
    action "open", "vault", "never" appliesTo {
      principal: [User, Agent],
      resource: Tool,
      context: { intent: String, actor: Agent, proof: String, acr: Set<String> }
    };`,
  'tools.cedar': `
    @id("open") permit (principal, action == Action::"open", resource);
    @id("vault") permit (principal, action == Action::"vault", resource) when { context.acr.contains("${MFA}") };`,
})
afterAll(folder.remove)

const discovery = createDiscovery({
  point: createDecisionPoint({ folder: folder.path }),
  acrValues: [PWD, MFA],
  tools: { open: {}, vault: {}, never: {} },
  signer: await createEnvelopeSigner(),
  clock: () => 1_800_000_000_000,
})
const catalog = ['open', 'vault', 'never', 'undeclared'].map((name) => ({
  name,
  description: `CANARY of ${name}`,
  inputSchema: { type: 'object', properties: { CANARY: { type: 'string' } } },
}))
const list = (acr: readonly string[]) => discovery.list(callerOf('alice', { acr }), factsOf('alice'), catalog, [])

test(proves('discovery:list:locked'), async () => {
  const [open, vault, ...more] = await list([PWD])
  expect(more).toEqual([])
  expect(open?.visibility).toMatchObject({ state: 'usable', policies: ['open'] })
  expect(open?.descriptor).toMatchObject(catalog[0] ?? {})
  expect(vault?.capability).toEqual({
    tool: 'vault',
    state: 'locked',
    limits: { anyOf: [], complete: true },
    unlock: { acr: MFA },
    expiresAt: expect.any(Number),
  })
  expect(vault?.descriptor.name).toBe('vault')
  expect(vault?.descriptor._meta).toEqual({ [CAPABILITY_META]: vault?.capability })
  expect(JSON.stringify(vault)).not.toContain('CANARY')
})

test(proves('discovery:list:locked', 'and usable once it is unlocked'), async () => {
  const [, vault] = await list([PWD, MFA])
  expect(vault?.capability).toMatchObject({ tool: 'vault', state: 'usable', jws: expect.any(String) })
  expect(vault?.descriptor.description).toBe('CANARY of vault')
})
