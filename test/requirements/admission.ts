export const admission = {
  'admission:limits:request': {
    says: 'a subject or an actor that asks too often is refused until its window ends, and no other is',
    serves: 'R12',
  },
  'admission:limits:tool': {
    says: 'a tool that is called too often, by all or by one subject, is refused before anything is used up',
    serves: 'R12',
  },
  'admission:limits:nothing-used': {
    says: 'a request over its limit uses up no proof and no transaction token: the same one is good again later',
    serves: 'R12',
  },
  'admission:limits:own-budget': {
    says: 'a token without its key, and a captured request, use up nothing of the budget of their owner',
    serves: 'R12',
  },
  'admission:limits:hidden-tool': {
    says: 'a limit tells nobody of a tool that they may not see, and is not used up by them',
    serves: 'R13',
  },
  'admission:limits:observed': { says: 'a limit that is only observed is recorded and refuses nobody', serves: 'R40' },
  'admission:limits:down': { says: 'what cannot be counted is not admitted', serves: 'R7' },
  'admission:limits:configured': { says: 'a limit that cannot be meant stops the start', serves: 'R35' },
  'admission:limits:store': {
    says: 'every store counts exactly: no racer goes over the limit, windows end, and keys do not meet',
    serves: 'R12',
  },
  'admission:scopes:tool': {
    says: 'a token that lacks a scope of the tool is told every scope of the operation in one challenge',
    serves: 'R11',
  },
  'admission:scopes:exchange': {
    says: 'no transaction token is issued to a token that lacks a scope of the tool',
    serves: 'R11',
  },
  'admission:mirrored:standard': {
    says: 'a request of 2026-07-28 must mirror version, method and name, and whoever mirrors must mirror what the body says',
    serves: 'R37',
  },
  'admission:mirrored:encoding': {
    says: 'a mirrored value has one reading: visible ASCII, or canonical base64 of UTF-8',
    serves: 'R37',
  },
  'admission:mirrored:parameters': {
    says: 'a parameter that the schema mirrors into a header has the value of the arguments in it',
    serves: 'R37',
  },
  'admission:mirrored:annotations': {
    says: 'only primitive parameters that a chain of properties leads to are mirrored, each under a name of its own',
    serves: 'R37',
  },
  'admission:transport:case': {
    says: 'every case of the area "Forwarded identity, discovery, transport" that one process can answer gets its answer',
    serves: 'R10',
  },
  'admission:transport:covered': {
    says: 'every case of that area is answered, or named as open with what it waits for',
    serves: 'R10',
  },
  'admission:transport:head': {
    says: 'headers beyond their bounds are refused before anything in them is read',
    serves: 'R12',
  },
  'admission:refusal:silent': {
    says: 'no refusal repeats anything that was sent, in the answer or in the record',
    serves: 'R26',
  },
  'admission:refusal:recorded': {
    says: 'every refusal has one record with its code, a constant text, and no effect',
    serves: 'R26',
  },
  'admission:clients:bounded': {
    says: 'an official client that is refused ends with an error after a bounded number of requests',
    serves: 'R37',
  },
} as const
