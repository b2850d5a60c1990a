import type { InboundMessage } from './message.ts'

const NAMED: Readonly<Record<string, string>> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }

/**
 * Whether the routing headers of MCP 2026-07-28 agree with the body. The header is a hint for routers; the body is what runs,
 * so a difference is refused (HeaderMismatch). Headers that were not sent are left to the server.
 */
export function headersAgree(message: InboundMessage, header: (name: string) => string | undefined): boolean {
  const method = header('mcp-method')
  if (method !== undefined && method !== message.method) return false
  const name = header('mcp-name')
  const member = NAMED[message.method]
  if (name === undefined || member === undefined) return true
  return decode(name) === message.params[member]
}

function decode(value: string): string {
  const encoded = /^=\?base64\?(?<text>[A-Za-z0-9+/=]*)\?=$/.exec(value)?.groups?.text
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8')
}
