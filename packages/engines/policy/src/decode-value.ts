import { type ExtensionType, isExtensionLiteral, LockstepError, type Value } from '@lockstep/core'

/**
 * Reads a value from Cedar's JSON form.
 *
 * @throws LockstepError `policy.evaluation-failed` for null and an integer that JavaScript rounded
 */
export function decodeValue(json: unknown): Value {
  if (typeof json === 'boolean' || typeof json === 'string') return json
  if (typeof json === 'number') {
    if (!Number.isSafeInteger(json)) throw unsupported('an integer that is not exact')
    return json
  }
  if (typeof json !== 'object' || json === null) throw unsupported('something that is no value')
  if (Array.isArray(json)) return { set: json.map(decodeValue) }
  if ('__extn' in json) return decodeExtension(json.__extn)
  if ('__entity' in json) return { entity: decodeRef(json.__entity) }
  return { record: Object.fromEntries(Object.entries(json).map(([name, member]) => [name, decodeValue(member)])) }
}

const TYPES: Readonly<Record<string, ExtensionType>> = {
  decimal: 'decimal',
  ip: 'ipaddr',
  datetime: 'datetime',
  duration: 'duration',
}

function decodeExtension(json: unknown): Value {
  if (typeof json === 'object' && json !== null && 'fn' in json && 'arg' in json) {
    const { fn, arg: text } = json
    const type = typeof fn === 'string' && Object.hasOwn(TYPES, fn) ? TYPES[fn] : undefined
    if (type && typeof text === 'string' && isExtensionLiteral(type, text)) return { extension: { type, text } }
  }
  throw unsupported('an extension value of unknown form')
}

function decodeRef(json: unknown): { readonly type: string; readonly id: string } {
  if (typeof json === 'object' && json !== null && 'type' in json && 'id' in json) {
    const { type, id } = json
    if (typeof type === 'string' && typeof id === 'string') return { type, id }
  }
  throw unsupported('an entity of unknown form')
}

function unsupported(what: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', `the expression holds ${what}`)
}
