/** Whoever would consent: as a caller, or as an approval remembers them. */
export interface Consenting {
  readonly subject: { readonly id: string }
  readonly actor?: { readonly id: string; readonly chain: readonly string[] }
}

/**
 * Whether a consent would come from whoever made the request: the subject, the agent that acts for them, or one that it acts through. An agent that holds
 * tokens of two people must not approve for one what it asked for the other, whatever stands between it and them.
 *
 * Issuers are not compared: the policy names people by their subject alone, so it could not tell the two apart either.
 */
export function isOwnConsent(
  requester: { readonly subject: string; readonly actor: string; readonly chain: readonly string[] },
  { subject, actor }: Consenting,
): boolean {
  const behind = [subject.id, ...(actor ? [actor.id, ...actor.chain] : [])]
  return [requester.subject, requester.actor, ...requester.chain].some((one) => behind.includes(one))
}
