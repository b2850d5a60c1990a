import type { JsonObject } from '@lockstep/core'

/** A tool as a server describes it in `tools/list`: `name`, `description`, `inputSchema` and whatever else the server sends. */
export type ToolDescriptor = JsonObject & { readonly name: string }
