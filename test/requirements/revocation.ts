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
  'revocation:command:evidence': {
    says: '`lockstep revoke` and `restore` take effect in the state that the configuration names, and print when, under which record, and the versions of the policy',
    serves: 'R28',
  },
  'revocation:command:running': {
    says: 'while a server holds its state folder the command asks it, and what it refuses changes nothing',
    serves: 'R28',
  },
  'revocation:command:socket': {
    says: 'the socket of an operator is behind a folder of its owner, takes revoking and restoring only, and refuses everything else without effect',
    serves: 'R28',
  },
  'revocation:command:shared': {
    says: 'over a shared state the command takes effect on every server that runs, and records in a log of its own',
    serves: 'R28',
  },
  'revocation:drill:held': {
    says: 'a drill shows a call permitted, refused and permitted again, here and in a second process over a shared state, with times, and servers that run see nothing of it',
    serves: 'R28',
  },
  'revocation:drill:failed': {
    says: 'a drill whose call is permitted by something else too, that finds no call, or that is no permission says so, and leaves nothing revoked',
    serves: 'R28',
  },
  'revocation:drill:own': {
    says: 'what is revoked in a drill is revoked for whoever takes part in it; nothing else is revoked in it',
    serves: 'R28',
  },
  'revocation:command:misuse': {
    says: 'whoever names nothing, two things, no reason or no issuer gets one line, and nothing was revoked',
    serves: 'R28',
  },
  'revocation:events:revokes': {
    says: 'a pushed CAEP event that says that things got worse revokes what its subject was issued until then, and nothing else',
    serves: 'R28',
  },
  'revocation:events:nothing-worse': {
    says: 'an event that says nothing worse, or that is ignored by configuration, is acknowledged and recorded, and revokes nothing',
    serves: 'R28',
  },
  'revocation:events:subjects': {
    says: 'an event may name a token, a complex subject, or whom the configuration finds by another form',
    serves: 'R28',
  },
  'revocation:events:token': {
    says: 'a token that an event names is revoked whenever it was issued: that its session ended before is no reason to take it',
    serves: 'R10',
  },
  'revocation:events:refused': {
    says: 'a security event that is not strictly one for us is refused with the error of RFC 8935, and revokes nothing',
    serves: 'R28',
  },
  'revocation:events:not-an-access-token': { says: 'a security event token is no access token', serves: 'R10' },
  'revocation:events:repeated': {
    says: 'an event does the same however often it comes: who signed in since then stays signed in',
    serves: 'R28',
  },
  'revocation:events:not-acknowledged': {
    says: 'an event that cannot be kept is not acknowledged',
    serves: 'R28',
  },
  'revocation:events:misconfigured': { says: 'a transmitter without keys is refused at start', serves: 'R28' },
} as const
