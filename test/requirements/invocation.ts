export const invocation = {
  'invocation:txn-token:profile': {
    says: 'a transaction token has the type, the header and exactly the claims of the profile, for at most 60 seconds',
    serves: 'R18',
  },
  'invocation:txn-token:round-trip': {
    says: 'what was granted is what a verifier reads',
    serves: 'R18',
  },
  'invocation:txn-token:strict': {
    says: 'a transaction token with a claim more, less or altered is not read, though its signature be good',
    serves: 'R18',
  },
  'invocation:txn-token:forged': {
    says: 'a transaction token that was altered, or signed by another key, type or issuer, is refused',
    serves: 'R18',
  },
  'invocation:txn-token:times': {
    says: 'a transaction token counts from its issuance to its expiry and not a moment longer',
    serves: 'R18',
  },
  'invocation:txn-token:rotation': {
    says: 'tokens of a retired key verify as long as it is published, and not afterwards',
    serves: 'R18',
  },
  'invocation:txn-token:options': {
    says: 'the parts of the transaction token service refuse options that cannot be meant',
    serves: 'R18',
  },
  'invocation:txn-token:issued': {
    says: 'an exchange answers as RFC 8693 and the draft say, with a token bound to caller, call, resource and policy',
    serves: 'R18',
  },
  'invocation:txn-token:request': {
    says: 'an exchange that is malformed, foreign, wider or doubled is refused before policy is asked, and nothing is issued',
    serves: 'R18',
  },
  'invocation:txn-token:subject': {
    says: 'only the access token that the request was proved with is exchanged, and the new token does not outlive it',
    serves: 'R10',
  },
  'invocation:txn-token:denied': {
    says: 'what policy denies is not issued, and the answer tells the code and what would help',
    serves: 'R18',
  },
  'invocation:txn-token:bound': {
    says: 'a transaction token counts for the caller, call, resource and policy that it was issued for, and for nothing else',
    serves: 'R18',
  },
  'invocation:txn-token:argument-changed': {
    says: 'a transaction token does not fit arguments that differ in any value',
    serves: 'R18',
  },
  'invocation:txn-token:key-order': {
    says: 'the order of members in the arguments does not matter',
    serves: 'R18',
  },
  'invocation:txn-token:once': {
    says: 'a transaction token is used once, also over a restart; a refused use leaves it unused',
    serves: 'R18',
  },
  'invocation:txn-token:racers': {
    says: 'of fifty concurrent uses of one transaction token exactly one goes through',
    serves: 'R18',
  },
  'invocation:txn-token:store-down': {
    says: 'without the store that remembers uses no transaction token counts',
    serves: 'R7',
  },
  'invocation:txn-token:attack': {
    says: 'every attack of the corpus on transaction tokens gets its exact answer',
    serves: 'R18',
  },
  'invocation:txn-token:attacks-covered': {
    says: 'every case of the corpus on transaction tokens is played, or is named with where it is judged',
    serves: 'R18',
  },
  'invocation:txn-token:agent': {
    says: 'an agent obtains a transaction token with a fresh proof of its key and takes nothing else for one',
    serves: 'R18',
  },
  'invocation:step-up:smallest': {
    says: 'what a step-up demands permits the call, and any less does not',
    serves: 'R19',
  },
  'invocation:step-up:order': {
    says: 'the weakest sufficient sign-in is demanded first, and an approval only when it alone is missing',
    serves: 'R19',
  },
  'invocation:step-up:max-age': {
    says: 'a fresh sign-in is demanded by the longest declared age that helps, together with the acr, before any consent',
    serves: 'R19',
  },
  'invocation:step-up:invisible': {
    says: 'of a resource that the subject may not view nothing is demanded: it is answered like one that is missing',
    serves: 'R13',
  },
  'invocation:step-up:declared': {
    says: 'only declared factors are demanded',
    serves: 'R19',
  },
  'invocation:step-up:silent': {
    says: 'where no factor helps, a missing and a forbidden resource are answered alike, and nothing is recorded',
    serves: 'R13',
  },
  'invocation:step-up:fault': {
    says: 'a question that could not be answered is a fault, not a reason for a step-up',
    serves: 'R7',
  },
  'invocation:authorize:commit': {
    says: 'a permitted call opens only after all it rests on was used up, once and in order',
    serves: 'R18',
  },
  'invocation:authorize:options': { says: 'misused options are refused at construction', serves: 'R39' },
  'invocation:authorize:sequence': {
    says: 'what was already given decides about what may follow',
    serves: 'R34',
  },
  'invocation:approval:request': {
    says: 'a call that lacks only consent requests it once, for exactly this call',
    serves: 'R20',
  },
  'invocation:approval:given': {
    says: 'a person whom the policy accepts consents, and the call happens once',
    serves: 'R20',
  },
  'invocation:approval:self': {
    says: 'nobody approves what they, or the agent that acts for them, asked for',
    serves: 'R20',
  },
  'invocation:approval:refused': {
    says: 'the consent of somebody whom the policy does not accept is not recorded',
    serves: 'R20',
  },
  'invocation:approval:invalid': {
    says: 'consent to a request that is unknown, expired, answered or out of date is not recorded',
    serves: 'R20',
  },
  'invocation:approval:people': {
    says: 'how many people of which relations must consent follows from the policy alone, and never more than it takes',
    serves: 'R20',
  },
  'invocation:approval:counted-once': {
    says: 'a person is counted once, through whatever actor, at whatever issuer and under however many relations',
    serves: 'R20',
  },
  'invocation:approval:duties': {
    says: 'nobody of the chain that a request came through consents to it',
    serves: 'R20',
  },
  'invocation:approval:denied': {
    says: 'a denial stays for its life, whatever was consented to before, and is told to whoever asks again',
    serves: 'R20',
  },
  'invocation:approval:withdrawn': {
    says: 'whoever asked takes a request back through the same actor, and whoever consented their consent while it is unused',
    serves: 'R20',
  },
  'invocation:approval:seen': {
    says: 'a request is seen by who made it and by who is or was asked; to all others it is not there',
    serves: 'R20',
  },
  'invocation:approval:flood': {
    says: 'an agent floods nobody: so many requests wait, and so many are made, and no more',
    serves: 'R20',
  },
  'invocation:approval:shown': {
    says: 'what approvers are shown is what the request is bound to, as configured, with nothing hidden in it',
    serves: 'R20',
  },
  'invocation:approval:afresh': {
    says: 'the approver is judged again when the call comes, by what holds then',
    serves: 'R20',
  },
  'invocation:approval:binding': {
    says: 'consent counts for the same caller, tool, arguments, resource and policy, and for nothing else',
    serves: 'R20',
  },
  'invocation:approval:once': { says: 'of any number of racers one uses an approval', serves: 'R20' },
  'invocation:approval:expires': { says: 'neither a request nor a consent outlives its time', serves: 'R20' },
  'invocation:approval:fails-closed': {
    says: 'while a port is down nothing is permitted, recorded or used up',
    serves: 'R7',
  },
  'invocation:txn-token:legacy': {
    says: 'the older form of a transaction token counts only where its issuer is configured, under its own type, and is held to the same call',
    serves: 'R18',
  },
  'invocation:txn-token:legacy-attack': {
    says: 'an older token that is forged, altered, bound to nothing, for several uses or for another tool gets its answer',
    serves: 'R18',
  },
} as const
