import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mcpAuth } from '@lockstep/express'
import { createLockstep } from '@lockstep/mcp'
import { ACTOR, ISSUER, RESOURCE } from '../credentials.mjs'
import { TOOL } from '../message.mjs'

const SCHEMA = `entity User, Agent, Tool;
action "${TOOL}" appliesTo {
  principal: [User, Agent],
  resource: Tool,
  context: { intent: String, actor: Agent, proof: String, acr: Set<String> },
};
`
const POLICY = `@id("list")
permit (principal, action == Action::"${TOOL}", resource)
when { context.actor == Agent::"${ACTOR}" && context.proof == "dpop" };
`

/**
 * All four layers: tokens, the decision by Cedar policy for subject and actor, the call's intent and outcome in the audit log before
 * anything leaves, the release of the result. `state` is `memory` (audit in memory too) or `folder` (PGlite, and an audit log on disk that is
 * synced with every record).
 */
export async function create({ jwks, state }) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  await mkdir(join(folder, 'policies'))
  await writeFile(join(folder, 'policies', 'schema.cedarschema'), SCHEMA)
  await writeFile(join(folder, 'policies', 'list.cedar'), POLICY)
  const lockstep = await createLockstep(
    {
      resource: RESOURCE,
      issuers: [{ issuer: ISSUER, jwks, algorithms: ['ES256'] }],
      tools: { [TOOL]: { output: { text: 'public' } } },
      scopes: ['expenses:read'],
      acrValues: ['urn:bench:pwd', 'urn:bench:mfa'],
      state: state === 'memory' ? 'memory' : join(folder, 'state'),
    },
    { folder },
  )
  const close = async () => {
    await lockstep.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { before: mcpAuth(lockstep), close, readsBody: true }
}
