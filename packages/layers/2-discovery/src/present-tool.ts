import { type CapabilityEnvelope, type JsonObject, type JsonValue, plainText, type SignInDemand } from '@lockstep/core'
import type { ToolDescriptor } from './tool-descriptor.ts'

/** The `_meta` member that carries a capability in `tools/list`. */
export const CAPABILITY_META = 'lockstep/capability'

/**
 * The descriptor as the caller may see it: its text made plain, its capability in `_meta`. A locked tool shows its name and
 * what unlocks it, nothing else.
 */
export function presentTool(descriptor: ToolDescriptor, capability: CapabilityEnvelope): ToolDescriptor {
  const ours = { [CAPABILITY_META]: toJson(capability) }
  if (capability.state === 'locked') {
    return {
      name: descriptor.name,
      description: `Locked. Sign in ${signInText(capability.unlock ?? {})} to use it.`,
      inputSchema: { type: 'object' },
      _meta: ours,
    }
  }
  const shown = plain(descriptor) as ToolDescriptor
  return { ...shown, _meta: { ...(isObject(shown._meta) ? shown._meta : {}), ...ours } }
}

function signInText({ acr, maxAge }: SignInDemand): string {
  const how = acr === undefined ? [] : [`with acr "${acr}"`]
  return [...how, ...(maxAge === undefined ? [] : [`again, at most ${maxAge} seconds ago,`])].join(' ')
}

function toJson(capability: CapabilityEnvelope): JsonObject {
  return JSON.parse(JSON.stringify(capability)) as JsonObject
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** attacker-controlled: descriptors come from servers that may have been changed; hidden characters steer models, in names as in texts. */
function plain(value: JsonValue): JsonValue {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.map(plain)
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [plainText(name), plain(item)]))
  return value
}
