import { digest, type EntityFact, valueToJson } from '@lockstep/core'

/** base64url SHA-256 over a resource's type, id and attributes as they were decided on, in canonical form (RFC 8785). */
export function resourceDigest(resource: EntityFact): string {
  return digest({ type: resource.type, id: resource.id, attributes: valueToJson({ record: resource.attributes }) })
}
