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
  'interop:rotation': {
    says: 'keys of an authorization server rotate without an outage, and a withdrawn key ends its tokens',
    serves: 'R1',
  },
} as const
