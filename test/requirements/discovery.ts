export const discovery = {
  'discovery:judge:usable': {
    says: 'a tool is usable with the limits that the policy leaves for this subject and actor',
    serves: 'R14',
  },
  'discovery:judge:absent': {
    says: 'a tool that no sign-in would unlock, for the subject or the actor, is absent',
    serves: 'R13',
  },
  'discovery:judge:locked': {
    says: 'a tool that a stronger sign-in would unlock is locked, and names the weakest that does',
    serves: 'R15',
  },
  'discovery:judge:consent': { says: 'what only a second person could permit is not told', serves: 'R15' },
  'discovery:judge:labels': { says: 'what was already given narrows what is listed', serves: 'R34' },
  'discovery:judge:policy': { says: 'the next judgment is by the policy of then', serves: 'R27' },
  'discovery:judge:fault': { says: 'a policy that cannot be asked lists nothing', serves: 'R7' },
  'discovery:present:plain': {
    says: 'nothing that a server says of a tool reaches a model with hidden characters',
    serves: 'R31',
  },
  'discovery:present:locked': {
    says: 'a locked tool shows its name and what unlocks it, and nothing that its server says',
    serves: 'R15',
  },
  'discovery:present:capability': {
    says: 'the capability in a listing is ours, whatever the server puts there',
    serves: 'R14',
  },
  'discovery:present:odd': {
    says: 'a descriptor that cannot be named by a digest is left out, and spoils no other',
    serves: 'R31',
  },
  'discovery:envelope:bound': {
    says: 'a capability is signed over caller, key, tool, descriptor, limits and policy',
    serves: 'R14',
  },
  'discovery:envelope:expires': {
    says: 'a capability lives a minute, and never longer than the token that it was issued under',
    serves: 'R14',
  },
  'discovery:capability:accepted': {
    says: 'a capability that fits is accepted in each form that clients have it in, and none is needed',
    serves: 'R14',
  },
  'discovery:capability:revoked': {
    says: 'a capability that was revoked by its id refuses the call that presents it, and no other',
    serves: 'R28',
  },
  'discovery:capability:refused': {
    says: 'a capability that is forged, expired, outdated or for another caller, key or tool is refused',
    serves: 'R14',
  },
} as const
