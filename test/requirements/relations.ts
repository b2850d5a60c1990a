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
  'policy:relations:model': {
    says: 'a model is read from its language and from JSON alike, and its id is that of its content',
    serves: 'R17',
  },
  'policy:relations:refused-model': {
    says: 'a model that is wrong, or uses what is not supported, is refused with one message that names the place',
    serves: 'R17',
  },
  'policy:relations:operators': { says: 'every operator of the language answers as it is documented', serves: 'R17' },
  'policy:relations:cycles': {
    says: 'relations that come back to themselves are answered, and nobody is let in by a cycle, also not where it is subtracted',
    serves: 'R17',
  },
  'policy:relations:bounded': {
    says: 'a question that takes too many steps, too much depth or too many tuples is refused',
    serves: 'R7',
  },
  'policy:relations:misfit': {
    says: 'a tuple or a question that the model does not know is refused, and one that is stored counts for nothing',
    serves: 'R17',
  },
  'policy:relations:odd-ids': {
    says: 'no id is taken for everybody, for a group or for another id, whatever characters it has',
    serves: 'R17',
  },
  'policy:relations:current': {
    says: 'a relation that was removed counts at the next question, whichever process removed it',
    serves: 'R17',
  },
  'policy:relations:attributes': {
    says: 'relations become attributes and parents of the subject and the actor, as the configuration maps them',
    serves: 'R17',
  },
  'policy:relations:unreadable': {
    says: 'where relations cannot be read, or a list is too long, the call is denied with a code',
    serves: 'R7',
  },
  'policy:relations:options': { says: 'a misused option of relations is refused when it is given', serves: 'R17' },
  'policy:relations:http': {
    says: 'the official client of OpenFGA asks and changes relations, and is refused as by OpenFGA',
    serves: 'R17',
  },
  'policy:relations:http-closed': {
    says: 'nobody without a key is answered, and a request that is none changes nothing',
    serves: 'R7',
  },
  'policy:relations:sdk': {
    says: 'relations come from an OpenFGA server through its official client, with the model pinned and the highest consistency',
    serves: 'R17',
  },
} as const
