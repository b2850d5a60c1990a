/** Signing in for one call, on a page or by the clients' own means. */
export const stepUp = {
  'edge:sign-in:rounds': {
    says: 'a client of 2026-07-28 leads its person to sign in on a page, once for a call, and its retry runs once with that sign-in',
    serves: 'R19',
  },
  'edge:sign-in:error': {
    says: 'a client of 2025-11-25 is told the page by the error that it knows, and the same call then runs once',
    serves: 'R19',
  },
  'edge:sign-in:bound': {
    says: 'a sign-in on a page counts for one call of its own subject, actor, key, tool, arguments and policy, once and for a short time',
    serves: 'R18',
  },
  'edge:sign-in:person': {
    says: 'nobody signs in for a call of somebody else, nor is told of one',
    serves: 'R20',
  },
  'edge:sign-in:unmet': {
    says: 'a sign-in on a page that is weaker or older than was demanded allows nothing, and the page says so',
    serves: 'R19',
  },
  'edge:sign-in:confirmed': {
    says: 'a sign-in lets a call go on only after its person saw the call and said so, on a form of that very page',
    serves: 'R20',
  },
  'edge:sign-in:revoked': {
    says: 'a sign-in on a page ends with the person, the agent or the pages that were revoked since',
    serves: 'R32',
  },
  'edge:sign-in:challenge': {
    says: 'the challenge stands beside the page, and is all that a client gets which elicits no URLs, or where no page helps',
    serves: 'R19',
  },
  'edge:elicitation:complete': {
    says: 'a client of 2025-11-25 is told over its own stream when what it sent its person for is done, and no other client is',
    serves: 'R20',
  },
  'invocation:step-up:bounded': {
    says: 'a denial is asked about again with each set of declared factors once at most, and what would be too many is refused at the start',
    serves: 'R19',
  },
  'interop:step-up': {
    says: 'the flow of an official client meets a challenge of strength and age at a real authorization server, and its call runs once',
    serves: 'R19',
  },
  'interop:step-up:no-loop': {
    says: 'a server that ignores what a challenge demands, or renews the old sign-in, ends in an error: no client asks in circles',
    serves: 'R19',
  },
  'agent:pages': {
    says: 'an agent leads its person to the page that a call needs, for whichever client, and sends the call once more with the answer',
    serves: 'R19',
  },
  'agent:pages:once': {
    says: 'an agent opens a page of each kind once for a call, and none for a call that may have happened',
    serves: 'R18',
  },
  'agent:pages:hostile': {
    says: 'an agent opens nothing but pages, and hands everything else that a server asks for to its client',
    serves: 'R20',
  },
  'agent:pages:declared': {
    says: 'an agent that opens pages tells servers so, in the place of its client, and takes nothing away from what that tells',
    serves: 'R19',
  },
} as const
