import { createTrustBundle, type TrustBundle } from './trust-bundle.ts'

/**
 * Tells the authorities of a trust domain as they are now, the same bundle for the same text; undefined while what tells them fails or tells
 * nothing that can be read, so that nobody is vouched for.
 *
 * Throws `TypeError` when they cannot be read at the start.
 */
export function createCurrentBundle(
  authorities: string | (() => string),
  option: string,
): () => TrustBundle | undefined {
  const tell = typeof authorities === 'string' ? () => authorities : authorities
  let text = tell()
  let bundle: TrustBundle | undefined = createTrustBundle(text, option)
  return () => {
    const told = attempt(tell)
    if (told === undefined) return undefined
    if (told !== text) {
      text = told
      bundle = attempt(() => createTrustBundle(told, option))
    }
    return bundle
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
