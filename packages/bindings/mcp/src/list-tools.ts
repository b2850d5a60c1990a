import { isJsonObject, type JsonObject } from '@lockstep/core'
import type { ListedTool, ToolDescriptor } from '@lockstep/discovery'
import type { Admitted, Inbound, PipelineParts } from './pipeline.ts'
import { atItsAddress, type Listing } from './reached/listing.ts'
import { readableInstances } from './reached/readable-instances.ts'
import { releaseProtocol } from './release-protocol.ts'
import { releasedSchema } from './released-schema.ts'

const NO_INSTANCES: Awaited<ReturnType<typeof readableInstances>> = new Map()

/** Forwards `tools/list`, or another list of what is declared, and filters what the server answers. */
export function listTools(parts: PipelineParts, admitted: Admitted, listing: Listing): Inbound {
  const { caller, facts, labels, message, record } = admitted

  /** Clients of 2025-11-25 ask for tasks of the tools that say so; those of 2026-07-28 are given them. */
  const present = ({ descriptor, capability }: ListedTool, entry: ToolDescriptor): ToolDescriptor => {
    if (listing.kind !== 'tool')
      return capability.state === 'locked' ? atItsAddress(listing, descriptor, entry) : descriptor
    const { execution, ...rest } = withReleased(descriptor, parts.tools[descriptor.name]?.outputSchema)
    const offers = capability.state === 'usable' && parts.tasks.offers(capability.tool)
    if (admitted.presented.modern || (execution === undefined && !offers)) return rest
    return { ...rest, execution: { taskSupport: offers ? 'optional' : 'forbidden' } }
  }

  const filter = async (result: JsonObject): Promise<JsonObject> => {
    const given = result[listing.member]
    const entries = Array.isArray(given) ? given : []
    const instances = listing.member === 'resources' ? await readableInstances(parts, admitted, entries) : NO_INSTANCES
    const described = entries.flatMap((entry) => {
      const descriptor = listing.describe(parts.reached, entry)
      return descriptor ? [{ entry, descriptor, instance: instances.get(entry) }] : []
    })
    const templates = [...new Set([...instances.values()].map(({ name }) => name))].map(
      (name): ToolDescriptor => ({ name }),
    )
    const catalog = [...described.flatMap(({ descriptor, instance }) => (instance ? [] : [descriptor])), ...templates]
    if (listing.kind === 'tool') {
      for (const { name, inputSchema } of catalog) parts.catalog.learnInput(name, inputSchema)
    }
    const listed = await parts.discovery.list(caller, facts, catalog, labels)
    const shown = new Map(listed.map((tool) => [tool.descriptor.name, tool]))
    const observed = (name: string) => (parts.tools[name]?.mode ?? parts.modes.discovery) === 'observe'
    const left = described.flatMap(({ entry, descriptor, instance }) => {
      if (observed(instance?.name ?? descriptor.name)) return [entry]
      const listed = shown.get(instance?.name ?? descriptor.name)
      if (!instance || !listed) return listed ? present(listed, descriptor) : []
      return listed.capability.state === 'usable' ? [{ ...listed.descriptor, uri: instance.uri }] : []
    })
    await record({
      step: 'discovery',
      outcome: 'permitted',
      policyVersion: parts.policyVersion(),
      policies: [
        ...new Set(listed.flatMap(({ visibility }) => (visibility.state === 'usable' ? visibility.policies : []))),
      ],
      detail: {
        usable: listed
          .filter(({ capability }) => capability.state === 'usable')
          .map(({ capability }) => capability.tool),
        locked: listed
          .filter(({ capability }) => capability.state === 'locked')
          .map(({ capability }) => capability.tool),
        absent: catalog.length - listed.length,
      },
    })
    return {
      ...result,
      [listing.member]: left,
      ...cacheFields(
        result,
        listed.map(({ capability }) => capability.expiresAt),
        parts.clock(),
      ),
    }
  }

  return {
    kind: 'forward',
    // A list authorizes nothing: what its server does meanwhile is observed only where calls and statements are.
    exchange: { trace: caller.trace, caller, mode: parts.modes.invocation },
    message: message.wire,
    release: async (outbound) => {
      if (outbound.id !== message.id) return undefined
      const { result, ...released } =
        parts.modes.discovery === 'observe' && outbound.error !== undefined ? outbound : releaseProtocol(outbound)
      return isJsonObject(result) ? { ...released, result: await filter(result) } : released
    },
    unanswered: async () => undefined,
    close: () => undefined,
  }
}

/** What is released does not fit the schema of what the tool returns: clients hold it against the schema that they were told. */
function withReleased(descriptor: ToolDescriptor, declared: JsonObject | undefined): ToolDescriptor {
  const { outputSchema } = descriptor
  return isJsonObject(outputSchema)
    ? { ...descriptor, outputSchema: releasedSchema(declared ?? outputSchema) }
    : descriptor
}

/** An identity-filtered list is private and lives no longer than its capabilities (MCP 2026-07-28, caching). */
function cacheFields(result: JsonObject, expiries: readonly number[], now: number): JsonObject {
  if (!('cacheScope' in result || 'ttlMs' in result)) return {}
  const given = typeof result.ttlMs === 'number' ? result.ttlMs : 0
  return { cacheScope: 'private', ttlMs: Math.max(0, Math.min(given, ...expiries.map((expiry) => expiry - now))) }
}
