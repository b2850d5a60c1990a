/** What is known of callers and resources, and what becomes of sources that are slow, down or wrong. */
export const facts = {
  'facts:source:well': { says: 'what a well-behaved source says is decided on', serves: 'R17' },
  'facts:source:shape': {
    says: 'facts of another shape, about somebody else, or said twice are a denial, without an effect',
    serves: 'R17',
  },
  'facts:source:down': {
    says: 'a source that throws, or answers late, is a denial, and others are served',
    serves: 'R17',
  },
  'facts:source:too-much': {
    says: 'facts beyond the bound are a denial before anything looks at them, and others are served',
    serves: 'R12',
  },
  'facts:source:schema': { says: 'facts that do not fit the schema decide nothing', serves: 'R17' },
  'facts:source:lies': {
    says: 'nothing is permitted by facts of before, whatever revision a source claims',
    serves: 'R27',
  },
  'facts:source:copied': { says: 'a source cannot change what it said while a call is decided on', serves: 'R17' },
  'facts:source:owing': { says: 'a source that never answers is not asked without bound', serves: 'R12' },
  'facts:views:decided': {
    says: "relations of the team's own views decide, of the person, the program and whatever these lead to",
    serves: 'R17',
  },
  'facts:views:one-statement': { says: "all of a call's relations are read in one statement", serves: 'R17' },
  'facts:views:current': { says: 'a relation that is removed is gone at the next step', serves: 'R28' },
  'facts:views:stranger': {
    says: 'whoever the views do not know has no relations, whatever the id is made of',
    serves: 'R17',
  },
  'facts:views:incomplete': {
    says: 'a NULL where a value is demanded denies, and where none is demanded there is none',
    serves: 'R17',
  },
  'facts:views:cycle': { says: 'a role that is inside itself denies whom it concerns, and nobody else', serves: 'R17' },
  'facts:views:bounded': { says: 'a million relations are a denial, and are not read', serves: 'R12' },
  'facts:views:down': { says: 'views that cannot be read deny, and are read again', serves: 'R17' },
  'facts:views:issuers': { says: 'two people of one id at two issuers are two people', serves: 'R17' },
  'facts:views:mapping': {
    says: 'a mapping that does not fit the schema or the database stops the start, by name',
    serves: 'R39',
  },
  'facts:resource:authority': {
    says: 'a call about a resource is decided on what is stored, and its record names the authority that read it',
    serves: 'R26',
  },
  'facts:resource:shape': {
    says: 'a resource of another shape, or another one than was asked for, is a denial, without an effect',
    serves: 'R16',
  },
  'facts:resource:schema': { says: 'a resource that does not fit the schema decides nothing', serves: 'R16' },
  'facts:resource:down': {
    says: 'a source of resources that throws, is late or brings too much is a denial, and others are served',
    serves: 'R16',
  },
  'facts:resource:changed': {
    says: 'what changed since it was agreed to is not acted on',
    serves: 'R18',
  },
  'facts:resource:incomplete': { says: 'a NULL where the schema demands a value denies', serves: 'R16' },
  'facts:resource:loadable': {
    says: 'a tool about a type that nothing loads, or that its table does not fit, stops the start, by name',
    serves: 'R39',
  },
  'facts:resource:role': {
    says: 'a role other than the declared one, or that can do more than read, stops the start, by name',
    serves: 'R16',
  },
} as const
