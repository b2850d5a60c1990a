import { once } from 'node:events'
import { mcpAuth } from '@lockstep/express'
import { createLockstep } from '@lockstep/mcp'
import { createTestIssuer } from '@lockstep/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { freePort } from '../../differential/start-postgres.mjs'
import { ACTOR, policyFolder, TOOL } from './rewriter.mjs'
import { factsOf, tradeTables } from './world.mjs'

/** Takes every record, as an audit must, and keeps none: copying and keeping them is the cost of the sink. */
const drop = { append: async () => undefined }

/**
 * A server with all four layers, and clients that call its one tool. State is in memory, and records are dropped; `audited` puts both into a
 * folder, where the record of a statement is on disk before the statement is sent. With a `floor` the database is told who is calling.
 */
export async function openInstance(database, { audited = false, floor } = {}) {
  const port = await freePort()
  const resource = `http://127.0.0.1:${port}/mcp`
  const issuer = await createTestIssuer({ audience: resource })
  const { folder, remove } = policyFolder()
  const lockstep = await createLockstep(
    {
      resource,
      issuers: [issuer.issuer],
      tools: { [TOOL]: { output: { done: 'public' } } },
      tables: tradeTables,
      database,
      relationships: { load: async ({ subject, actor }) => factsOf(subject.id, actor.id) },
      ...(audited ? {} : { state: 'memory', audit: drop }),
      ...(floor ? { floor: { ...floor, writerRole: 'floor_writer' } } : {}),
      policies: '.',
      limits: { callMs: 300_000 },
    },
    { folder },
  )

  let work
  const app = express()
  app.use(mcpAuth(lockstep))
  app.post('/mcp', async (request, response) => {
    const server = lockstep.guardServer(new McpServer({ name: 'bench', version: '1.0.0' }))
    server.registerTool(TOOL, { description: 'Reports' }, async () => {
      await work()
      return { structuredContent: { done: true }, content: [] }
    })
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
    await server.connect(transport)
    await transport.handleRequest(request, response, request.body)
  })
  const listening = app.listen(port, '127.0.0.1')
  await once(listening, 'listening')

  return {
    lockstep,
    /** A function that calls the tool for a subject, and runs what it is given in the handler: in the course of a call that is open. */
    async callerOf(subject) {
      const agent = await issuer.agent({ subject, actor: ACTOR, expiresIn: 3_600 })
      const client = new Client({ name: 'bench', version: '1.0.0' })
      await client.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch: agent.fetch }))
      const call = async (run) => {
        let result
        let failure
        work = async () => {
          try {
            result = await run()
          } catch (error) {
            failure = error
          }
        }
        const { structuredContent } = await client.callTool({ name: TOOL, arguments: {} }, undefined, {
          timeout: 300_000,
        })
        if (failure) throw failure
        if (structuredContent?.done !== true) throw new Error('a call of the bench was refused')
        return result
      }
      return { call, close: () => client.close() }
    },
    async close() {
      listening.closeAllConnections()
      listening.close()
      await lockstep.close()
      remove()
    },
  }
}
