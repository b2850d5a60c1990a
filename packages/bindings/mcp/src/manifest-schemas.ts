import { LockstepError } from '@lockstep/core'
import { z } from 'zod'
import type { Manifest } from './read-manifest.ts'
import type { StandardSchema } from './tool-catalog.ts'

/**
 * Makes the schemas of a manifest ready to parse arguments with, for the tools that are declared.
 *
 * @throws LockstepError `configuration.manifest-invalid` for a schema that arguments cannot be checked against
 */
export function manifestSchemas(manifest: Manifest, tools: readonly string[]): ReadonlyMap<string, StandardSchema> {
  return new Map(
    [...manifest].flatMap(([name, { schema, pointer }]) => {
      if (!tools.includes(name)) return []
      try {
        // A JSON Schema object is what `fromJSONSchema` takes; what it does not know it throws for.
        return [[name, z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]) as StandardSchema]]
      } catch {
        throw new LockstepError('configuration.manifest-invalid', `arguments cannot be checked against ${pointer}`)
      }
    }),
  )
}
