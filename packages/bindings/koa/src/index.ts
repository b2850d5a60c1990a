export { type McpAuth, mcpAuth } from './mcp-auth.ts'
export { mountRelay } from './mount-relay.ts'
