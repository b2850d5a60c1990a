export const interop = {
  'interop:dpop:accepted': {
    says: 'tokens of an authorization server and proofs of clients that were not written here are accepted',
    serves: 'R10',
  },
  'interop:dpop:exchanged': { says: "an authorization server's token exchange names the actor", serves: 'R8' },
  'interop:dpop:refused': {
    says: 'a real token is refused as a bearer, without its key, a second time, and at another resource',
    serves: 'R10',
  },
  'interop:mtls:accepted': {
    says: 'a token that an authorization server bound to a certificate is accepted with it',
    serves: 'R10',
  },
  'interop:mtls:refused': { says: 'without its certificate such a token opens nothing', serves: 'R10' },
  'interop:details:accepted': {
    says: 'authorization details that a person consented to permit the call that they describe',
    serves: 'R11',
  },
  'interop:details:refused': { says: 'what authorization details do not cover is refused', serves: 'R11' },
  'interop:rotation': {
    says: 'keys of an authorization server rotate without an outage, and a withdrawn key ends its tokens',
    serves: 'R1',
  },
  'interop:clients:discovery': {
    says: 'official clients of both generations find the authorization server from the challenge, sign in once, and call',
    serves: 'R37',
  },
  'interop:clients:bound': { says: 'the official client of 2026 calls with a bound token', serves: 'R10' },
  'interop:clients:no-loop': {
    says: 'an official client whose token can never be accepted stops after one more sign-in',
    serves: 'R37',
  },
  'differential:tokens:honest': { says: 'an honest request is accepted by two libraries and by us', serves: 'R10' },
  'differential:tokens:row': {
    says: 'each kind of request in the table of differences is refused by us, and by the libraries as it says',
    serves: 'R10',
  },
  'differential:tokens:explained': {
    says: 'we accept nothing that a library refuses, and what a library accepts and we do not is in the table',
    serves: 'R10',
  },
  'differential:tokens:page': { says: 'the published table of differences is the tested one', serves: 'R10' },
} as const
