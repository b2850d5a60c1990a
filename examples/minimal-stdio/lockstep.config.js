import { defineConfig } from '@lockstep/mcp'

export default defineConfig({
  resource: 'https://notes.example/mcp', // what tokens and proofs are made for; nothing listens there
  issuers: [JSON.parse(process.env.NOTES_ISSUER ?? '{}')],
  tools: {
    readNote: { output: { id: 'public', text: 'public' } },
    deleteNote: {},
  },
  state: process.env.NOTES_STATE ?? 'memory',
})
