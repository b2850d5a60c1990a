// The process whose memory is measured: a guarded relay. Told what it needs by the first message of its parent, and asked for its memory by others.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { mcpAuth } from '@lockstep/express'
import { createLockstep, relayTo, relayToCommand } from '@lockstep/mcp'
import express from 'express'

/** Milliseconds between two looks at the memory. */
const OFTEN = 5

const [{ resource, issuer, upstream }] = await once(process, 'message')
const lockstep = await createLockstep({
  resource,
  issuers: [issuer],
  policies: fileURLToPath(new URL('../../fixtures/desk/policies', import.meta.url)),
  tools: { wide: { output: { shown: 'public' } } },
  acrValues: ['urn:desk:pwd', 'urn:desk:mfa'],
  state: 'memory',
  audit: { append: async () => undefined },
  limits: { callMs: 300_000 },
})
if (upstream === 'stdio') {
  const command = fileURLToPath(new URL('./records-command.mjs', import.meta.url))
  await relayToCommand(process.execPath, [command]).connect(lockstep.stdio())
  process.send('ready')
} else {
  const app = express()
  app.use(mcpAuth(lockstep)).all('/mcp', relayTo(upstream))
  app.listen(Number(new URL(resource).port), '127.0.0.1', () => process.send('ready'))
}

let peak = 0
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss())
}
setInterval(look, OFTEN)
process.on('message', (asked) => {
  if (asked === 'idle') {
    globalThis.gc()
    globalThis.gc()
    peak = process.memoryUsage.rss()
    process.send({ idle: peak })
  } else if (asked === 'peak') {
    look()
    process.send({ peak })
  }
})
