// One measured server in a process of its own: `node server.mjs <path name>`. The parent sends the issuer's keys, gets the port, and asks
// for the CPU time of this process before and after every round.
import { createServer } from 'node:http'
import express from 'express'
import { PATHS } from './paths.mjs'

const path = PATHS.find(({ name }) => name === process.argv[2])

process.once('message', async ({ jwks }) => {
  const { create } = await import(path.module)
  const { before, readsBody = false, close = async () => undefined } = await create({ jwks, ...path.options })
  const app = express()
  if (before) app.use(before)
  if (!readsBody) app.use(express.json())
  app.post('/mcp', (request, response) => {
    const result = { content: [], structuredContent: { text: 'done' } }
    response.json({ jsonrpc: '2.0', id: request.body.id, result })
  })
  const server = createServer(app)
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  process.on('message', (message) => {
    if (message === 'cpu') process.send(process.cpuUsage())
  })
  process.once('disconnect', () => close().finally(() => process.exit(0)))
})
