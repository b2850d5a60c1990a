const REASON = /^[\p{L}\p{N}\p{P}\p{Zs}]{1,200}$/u
const ISSUED = ['subject', 'client', 'token']
const NAMED = ['actor', 'capability', 'permission']
const WHOLE = ['decisions', 'everything']

/** Checks why something is revoked or restored: 1 to 200 visible characters. Throws `TypeError`. */
export function checkReason(reason: unknown): void {
  if (typeof reason !== 'string' || !REASON.test(reason)) {
    throw new TypeError('`reason` must be 1 to 200 visible characters')
  }
}

/** The kind of what is to be revoked: the one member that it has, or itself where it is a word. Throws `TypeError` for anything else. */
export function revocableKind(what: unknown): string {
  if (typeof what === 'string' && WHOLE.includes(what)) return what
  const [kind = '', ...others] = typeof what === 'object' && what !== null ? Object.keys(what) : []
  const value: unknown = typeof what === 'object' && what !== null ? Reflect.get(what, kind) : undefined
  const isNamed = (NAMED.includes(kind) && isText(value)) || (ISSUED.includes(kind) && isIssued(value))
  if (!isNamed || others.length > 0) {
    const kinds = [...ISSUED, ...NAMED].map((one) => `\`{ ${one} }\``).join(', ')
    throw new TypeError(`expected ${kinds}, 'decisions' or 'everything' to revoke`)
  }
  return kind
}

function isIssued(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    isText(Reflect.get(value, 'issuer')) &&
    isText(Reflect.get(value, 'id'))
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed()
}
