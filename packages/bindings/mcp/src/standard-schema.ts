import { LockstepError } from '@lockstep/core'
import type { StandardSchema } from './tool-catalog.ts'

/**
 * The schema that a server registered with a tool or a prompt; `undefined` for one that takes nothing.
 *
 * @throws LockstepError `configuration.server-unsupported` for what is no Standard Schema
 */
export function standardSchema(name: string, schema: unknown): StandardSchema | undefined {
  if (schema === undefined) return undefined
  const standard: unknown = typeof schema === 'object' && schema !== null ? Reflect.get(schema, '~standard') : undefined
  if (typeof standard !== 'object' || standard === null || typeof Reflect.get(standard, 'validate') !== 'function') {
    throw new LockstepError(
      'configuration.server-unsupported',
      `the input schema of \`${name}\` is not a Standard Schema`,
    )
  }
  return schema as StandardSchema
}
