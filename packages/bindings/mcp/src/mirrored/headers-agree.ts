import { isJsonObject } from '@lockstep/core'
import type { InboundMessage } from '../message.ts'
import { decodeHeader } from './decode-header.ts'

/** Every value that was sent under a lower-case name. */
export type SentHeaders = (name: string) => readonly string[]

/** The first revision whose clients must mirror members of the body into headers. */
const MIRRORING = '2026-07-28'
const VERSION = 'io.modelcontextprotocol/protocolVersion'
const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  // The tasks extension names the task, so that routers find the instance that has it.
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/**
 * Whether the headers of MCP 2026-07-28 agree with the body (`MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name`; "Server Validation"). A request
 * of that revision must carry them; whoever else sends them must send them right. Which versions are spoken is the server's to say.
 *
 * INVARIANT: a header decides nothing. It is a hint for routers; the body is what runs, so a difference is refused.
 */
export function headersAgree(message: InboundMessage, sent: SentHeaders): boolean {
  const { method, params, kind } = message
  const [version, methods, names] = [sent('mcp-protocol-version'), sent('mcp-method'), sent('mcp-name')]
  if (version.length > 1 || methods.length > 1 || names.length > 1) return false
  const stated = statedVersion(message)
  if (version[0] !== undefined && stated !== undefined && version[0] !== stated) return false

  const member = NAMED[method]
  const named = member === undefined ? undefined : params[member]
  if (kind === 'request' && mirrors(message, sent)) {
    if (version[0] === undefined || methods[0] === undefined) return false
    if (named !== undefined && names[0] === undefined) return false
  }
  if (methods[0] !== undefined && methods[0] !== method) return false
  return member === undefined || names[0] === undefined || decodeHeader(names[0]) === named
}

/** Whether a message is of a revision whose clients must mirror: by its header or by its body, whichever says so. */
export function mirrors(message: InboundMessage, sent: SentHeaders): boolean {
  // Revisions are dates, which compare as text.
  return [...sent('mcp-protocol-version'), statedVersion(message)].some(
    (version) => typeof version === 'string' && /^\d{4}-\d\d-\d\d$/.test(version) && version >= MIRRORING,
  )
}

function statedVersion({ params }: InboundMessage) {
  return isJsonObject(params._meta) ? params._meta[VERSION] : undefined
}
