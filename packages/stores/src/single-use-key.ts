const MOST_CHARACTERS = 1024

/**
 * Checks what a caller wants to consume and returns one unambiguous key for it. Throws `TypeError` for an empty or oversized
 * space or id and for a time that is not a safe integer: the caller must then deny.
 */
export function singleUseKey(space: string, id: string, expiresAt = 0): string {
  // attacker-controlled: `id` comes from a token or a proof, so its size is bounded before it is remembered.
  if (space.length === 0 || space.length > MOST_CHARACTERS)
    throw new TypeError('`space` must have 1 to 1024 characters')
  if (id.length === 0 || id.length > MOST_CHARACTERS) throw new TypeError('`id` must have 1 to 1024 characters')
  if (!Number.isSafeInteger(expiresAt)) throw new TypeError('`expiresAt` must be whole milliseconds since the epoch')
  // The length in front keeps ('ab', 'c') and ('a', 'bc') apart whatever characters they hold.
  return `${space.length}:${space}${id}`
}
