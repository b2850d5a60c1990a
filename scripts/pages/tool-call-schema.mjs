import { at } from '../steps/root.mjs'

/** The JSON Schema of authorization details of the type `mcp_tool_call`. */
export async function toolCallSchemaPage() {
  const { toolCallDetailsSchema } = await import(at('packages', 'engines', 'tokens', 'dist', 'index.js'))
  return `${JSON.stringify(toolCallDetailsSchema(), null, 2)}\n`
}
