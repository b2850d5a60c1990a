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
} as const
