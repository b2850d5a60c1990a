import { defineConfig } from '@lockstep/mcp'
import { issuer } from './issuer.js'

export default defineConfig({
  resource: 'http://127.0.0.1:4195/mcp',
  issuers: [issuer.issuer],
  tools: {
    readNote: { output: { id: 'public', text: 'public' } },
    deleteNote: {},
  },
  state: 'memory',
})
