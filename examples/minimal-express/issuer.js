import { createTestIssuer } from '@lockstep/testing'

/** Stands for your authorization server: real tokens, signed with a key that lives as long as this process. */
export const issuer = await createTestIssuer({ audience: 'http://127.0.0.1:4195/mcp' })
