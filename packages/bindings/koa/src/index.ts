export { type McpAuth, mcpAuth } from './mcp-auth.ts'
