import { isJsonObject, type JsonValue } from '@lockstep/core'

/** What a `$ref` into the same document (`#/$defs/address`) leads to; `undefined` for any other, and for one that leads nowhere. */
export function followReference(document: JsonValue, reference: string): JsonValue | undefined {
  if (reference === '#') return document
  if (!reference.startsWith('#/')) return undefined
  let found: JsonValue | undefined = document
  for (const part of reference.slice(2).split('/')) {
    const name = decoded(part)
    if (name === undefined) return undefined
    if (Array.isArray(found)) found = /^(0|[1-9]\d*)$/.test(name) ? found[Number(name)] : undefined
    else found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
    if (found === undefined) return undefined
  }
  return found
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}

/** One more step of a JSON pointer (RFC 6901). */
export function pointerTo(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
