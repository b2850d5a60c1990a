export const relations = {
  'state:relations:together': {
    says: 'a change of tuples happens as a whole, is seen by the next reader, and raises the revision by one',
    serves: 'R17',
  },
  'state:relations:refused': {
    says: 'a tuple that is there, one that is not, and one too many refuse the change, which changes nothing',
    serves: 'R17',
  },
  'state:relations:since': {
    says: 'what changed after any revision brings its reader to the present one, whatever was forgotten',
    serves: 'R17',
  },
  'state:relations:racers': {
    says: 'concurrent changes happen one after the other, each on a revision of its own, and of racers for one tuple one wins',
    serves: 'R17',
  },
  'state:relations:bounded': { says: 'a malformed change is refused and changes nothing', serves: 'R17' },
  'state:relations:closed': { says: 'a closed store of tuples rejects instead of answering', serves: 'R7' },
  'state:relations:restart': { says: 'tuples and their revision outlive a restart', serves: 'R17' },
  'policy:relations:as-spicedb': {
    says: 'who is in which relation is answered as SpiceDB answers it, and so are lists',
    serves: 'R17',
  },
} as const
