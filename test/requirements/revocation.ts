export const revocation = {
  'revocation:streams:caller': {
    says: 'the streams and calls of whoever is revoked end at once, with nothing more released, their statements are refused, and it is recorded; those of others go on',
    serves: 'R28',
  },
  'revocation:streams:permission': {
    says: 'calls that were decided on a revoked permission end; other calls and streams of the same caller go on',
    serves: 'R28',
  },
  'revocation:streams:epoch': {
    says: 'a new policy epoch ends every call and stream that was decided before it, and nobody has to sign in again',
    serves: 'R27',
  },
  'revocation:streams:hung-up': {
    says: 'a call whose caller hung up is ended by a revocation like any other',
    serves: 'R28',
  },
  'revocation:streams:observed': {
    says: 'where calls are only observed no policy ends one, and a revoked caller is ended all the same',
    serves: 'R40',
  },
  'revocation:exchanges:on-the-way': {
    says: 'what is revoked, or cannot be known, between the admission of a caller and the opening of the exchange ends it',
    serves: 'R28',
  },
  'revocation:exchanges:open': {
    says: 'what an open exchange rests on ends it once, and nothing else does, nor anything after it is over',
    serves: 'R28',
  },
  'revocation:exchanges:missed': {
    says: 'when something may have been missed everything that is open is looked up, and ended where it is revoked or cannot be known',
    serves: 'R28',
  },
  'revocation:permission:next-step': {
    says: 'a revoked permission or action permits nothing from the next step on, until it is restored; both are recorded',
    serves: 'R28',
  },
} as const
