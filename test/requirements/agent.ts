export const agent = {
  'agent:keys': {
    says: 'an agent has a key for each resource and issuer, and exports only what may be',
    serves: 'R10',
  },
  'agent:nonces': { says: 'a nonce is remembered for the origin that asked for it, from every answer', serves: 'R10' },
  'agent:challenge:read': { says: 'a challenge is read as it was meant, or not at all', serves: 'R37' },
  'agent:token:renewed': {
    says: 'an access token that expires or is refused is renewed once, for everybody who waits for it',
    serves: 'R10',
  },
  'agent:step-up': {
    says: 'a challenge for a stronger sign-in asks the person once and repeats the call',
    serves: 'R19',
  },
  'agent:scope': {
    says: 'a lack of scope asks for all scopes of the operation, where somebody is asked',
    serves: 'R11',
  },
  'agent:approval': { says: 'a call that needs a second person waits for the consent and is repeated', serves: 'R20' },
  'agent:txn-token': {
    says: 'a call that demands a transaction token is sent with one for exactly this call, and never with it twice',
    serves: 'R18',
  },
  'agent:retry:key': { says: 'every call of a tool has one idempotency key, however often it is sent', serves: 'R18' },
  'agent:retry:bounded': {
    says: 'no demand is met more often than it may be, whatever a server answers',
    serves: 'R18',
  },
  'agent:retry:busy': { says: 'a call that is still running is waited for, within bounds', serves: 'R18' },
  'agent:retry:lost': {
    says: 'a lost answer is asked for again with the key of its call, or told as lost, and nothing happens twice',
    serves: 'R18',
  },
  'agent:stream': { says: 'events pass as they came, and a broken stream is completed once', serves: 'R18' },
  'agent:body': { says: 'what can be sent once is sent once', serves: 'R18' },
  'agent:aborted': { says: 'whoever gives a request up is heard at every step', serves: 'R35' },
  'agent:errors': { says: 'what goes wrong at the agent has a code and tells no secret', serves: 'R26' },
  'agent:clients': {
    says: 'official clients of both generations step up, wait for consent and call once, through one fetch',
    serves: 'R37',
  },
} as const
