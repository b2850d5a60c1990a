export const core = {
  'core:sign-in:stronger': {
    says: 'what a new sign-in can add is tried least first, and nothing that is there already',
    serves: 'R19',
  },
  'core:sign-in:no-weaker': {
    says: 'where only a fresher sign-in is demanded, the acr that the call needs is named beside it',
    serves: 'R19',
  },
  'core:sign-in:age': {
    says: 'the age of a sign-in is whole seconds, rounded up, and unknown where no token tells',
    serves: 'R19',
  },
  'core:json:agrees': { says: 'what is accepted is what JSON.parse makes of it', serves: 'R18' },
  'core:json:malformed': { says: 'bytes that are not one well-formed JSON text are rejected', serves: 'R18' },
  'core:json:duplicate-member': { says: 'a member that is there twice is rejected at any level', serves: 'R18' },
  'core:json:bounds': { says: 'size, depth and count are bounded before anything is built', serves: 'R12' },
  'core:json:two-ways': {
    says: 'the quick way to read a text accepts nothing that the thorough one refuses, and changes no value and no reason',
    serves: 'R18',
  },
  'core:json:reserved': { says: 'a member with a reserved name changes no prototype and can be found', serves: 'R18' },
  'core:json:silent': { says: 'a rejection holds nothing of the content', serves: 'R26' },
  'core:fresh-id': { says: 'an id is 128 random bits that nobody got before', serves: 'R26' },
  'core:canonical:agrees': { says: 'the canonical form is that of RFC 8785', serves: 'R18' },
  'core:canonical:strict': { says: 'a value without one canonical form has none', serves: 'R18' },
  'core:revocable:own-name': {
    says: 'every revocable has a name of its own, which is the same every time',
    serves: 'R18',
  },
  'core:canonical:order': {
    says: 'the digest does not depend on the order of members, and on everything else',
    serves: 'R18',
  },
  'core:details:covers': {
    says: 'a call is covered if one of the details names its tool and every bound of it holds for an argument that is there',
    serves: 'R11',
  },
} as const
