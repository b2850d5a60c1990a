export const story = {
  'story:authorization-server:metadata': {
    says: 'the authorization server describes itself in both metadata documents',
    serves: 'R10',
  },
  'story:authorization-server:access-token': {
    says: "a person's access token is a JWT for the one resource, bound to the agent's key, and names no actor",
    serves: 'R10',
  },
  'story:authorization-server:acr': { says: 'the access token says how strongly the person signed in', serves: 'R19' },
  'story:authorization-server:sign-in-refused': {
    says: 'a wrong or too weak sign-in is refused and signs nobody in',
    serves: 'R19',
  },
  'story:authorization-server:code-refused': {
    says: 'a code without the verifier, the key proof or the client it belongs to yields no token',
    serves: 'R10',
  },
  'story:authorization-server:target-refused': {
    says: 'a code is not given for another resource or for scopes that do not exist',
    serves: 'R11',
  },
  'story:authorization-server:bad-input': {
    says: 'a malformed request gets one clear error and never a stack',
    serves: 'R8',
  },
  'story:authorization-server:start': {
    says: 'a start that cannot work says so in one message and leaves nothing listening',
    serves: 'R8',
  },
  'story:authorization-server:quiet': { says: 'the authorization server prints nothing of its own', serves: 'R8' },
  'story:authorization-server:exchange': {
    says: 'an exchanged token keeps the person, sign-in and key, and names the agent that proved itself as actor',
    serves: 'R8',
  },
  'story:authorization-server:exchange-narrows': {
    says: 'an exchanged token never has a wider scope or a longer life than the subject token',
    serves: 'R8',
  },
  'story:authorization-server:exchange-refused': {
    says: 'an exchange that lacks one proof is refused, uses nothing up and issues nothing',
    serves: 'R8',
  },
  'story:authorization-server:exchange-expired': {
    says: 'an expired subject token is not exchanged',
    serves: 'R8',
  },
  'story:authorization-server:actor-token-once': {
    says: 'an actor token works once, also when it comes several times at once',
    serves: 'R8',
  },
  'story:authorization-server:proof-once': { says: 'a key proof works once at the token endpoint', serves: 'R10' },
  'story:data:same': { says: 'the example has the same five thousand expenses at every start', serves: 'R21' },
  'story:data:fixtures': { says: 'the rows that the story names are as it tells them', serves: 'R21' },
  'story:data:plausible': {
    says: 'every generated expense is plausible, its IBAN with correct check digits',
    serves: 'R21',
  },
  'story:data:types': { says: 'big integers and dates come back as JSON can hold them', serves: 'R21' },
  'story:data:folder': { says: 'a folder keeps the data and its changes, and is filled once', serves: 'R21' },
  'story:clients': {
    says: "the story's steps go the same way for each kind of client, behind each framework",
    serves: 'R21',
  },
  'story:relationships:facts': {
    says: "a subject's roles, departments and limit come from the example's own tables",
    serves: 'R17',
  },
  'story:relationships:unknown': { says: 'a subject that the tables do not know has no relations', serves: 'R17' },
  'story:relationships:current': {
    says: 'a relation that is removed is gone at the next read, under another revision',
    serves: 'R17',
  },
} as const
