import { fileURLToPath } from 'node:url'
import { createMemoryAudit } from '@lockstep/audit'
import { createLockstep } from '@lockstep/mcp'
import { postgresState } from '@lockstep/stores/postgres'
import { createTestIssuer } from '@lockstep/testing'
import { Redis } from 'ioredis'

/** An instance with the policies of the desk; in memory without a connection string. Its audit log is in memory: it is not measured. */
export async function openInstance({ connectionString, redisPort, folder }) {
  const audience = 'https://desk.example/mcp'
  const { issuer } = await createTestIssuer({ audience })
  const redis = redisPort ? new Redis(redisPort) : undefined
  const lockstep = await createLockstep({
    resource: audience,
    issuers: [issuer],
    policies: fileURLToPath(new URL('../../fixtures/desk/policies', import.meta.url)),
    tools: { greet: { output: { greeting: 'public' } } },
    state: connectionString ? postgresState({ connectionString, redis, auditFolder: folder }) : 'memory',
    audit: createMemoryAudit(),
  })
  const close = async () => {
    await lockstep.close()
    redis?.disconnect()
  }
  return { lockstep, close }
}
