import { readFile, stat } from 'node:fs/promises'
import { isJsonObject, type JsonObject, JsonRejection, type JsonValue, LockstepError, parseJson } from '@lockstep/core'

/** The tools of a manifest by name: the JSON Schema of each one's arguments, and the JSON pointer to it. */
export type Manifest = ReadonlyMap<string, { readonly schema: JsonObject; readonly pointer: string }>

const LIMITS = { maxBytes: 4 * 1024 * 1024, maxDepth: 64, maxMembers: 200_000 }
const MAX_TOOLS = 2_000
const MAX_NAME = 128

/**
 * Reads a manifest: the result of `tools/list`, with every page of it, as JSON (`lockstep policy manifest` writes one).
 *
 * @throws LockstepError `configuration.manifest-invalid`, naming the file
 */
export async function readManifest(file: string): Promise<Manifest> {
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) throw invalid(file, 'there is no such file')
  if (found.size > LIMITS.maxBytes) throw invalid(file, 'it is larger than 4 MiB')
  try {
    return manifestOf(parseJson(await readFile(file), LIMITS), file)
  } catch (error) {
    if (error instanceof JsonRejection)
      throw invalid(file, `it is no JSON document that is read here (${error.reason})`)
    throw error
  }
}

function manifestOf(value: JsonValue, file: string): Manifest {
  // attacker-controlled: a server wrote it about itself.
  const tools = isJsonObject(value) ? value.tools : undefined
  if (!Array.isArray(tools)) throw invalid(file, 'it has no list `tools`')
  if (tools.length > MAX_TOOLS) throw invalid(file, `it has more than ${MAX_TOOLS} tools`)
  if (isJsonObject(value) && value.nextCursor !== undefined) throw invalid(file, 'it is one page of several')
  const manifest = new Map<string, { readonly schema: JsonObject; readonly pointer: string }>()
  for (const [index, tool] of tools.entries()) {
    const { name, inputSchema } = isJsonObject(tool) ? tool : {}
    const place = `/tools/${index}`
    if (typeof name !== 'string' || name.length === 0 || name.length > MAX_NAME)
      throw invalid(file, `${place}/name is no name`)
    if (!isJsonObject(inputSchema)) throw invalid(file, `${place}/inputSchema is no object`)
    if (manifest.has(name)) throw invalid(file, `${place}/name stands there twice`)
    manifest.set(name, { schema: inputSchema, pointer: `${place}/inputSchema` })
  }
  return manifest
}

function invalid(file: string, says: string): LockstepError {
  return new LockstepError('configuration.manifest-invalid', `${file}: ${says}`)
}
