/** Throws `TypeError` for what is no word of an operator on a call whose outcome is unknown. */
export function checkResolution(outcome: unknown): asserts outcome is 'happened' | 'did-not-happen' {
  if (outcome !== 'happened' && outcome !== 'did-not-happen') throw new TypeError('`outcome` is not one')
}
