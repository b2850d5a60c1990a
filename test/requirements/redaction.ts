/** What is removed from texts before they leave. */
export const redaction = {
  'redaction:plain:languages': { says: 'sanitizing leaves text of every script as it is written', serves: 'R25' },
  'redaction:plain:hidden': {
    says: 'what people do not see and models or terminals obey does not leave: controls, escape sequences, tags, bidirectional and other hidden characters',
    serves: 'R25',
  },
  'redaction:plain:properties': {
    says: 'a sanitized text has no forbidden character, is no longer, and is its own sanitized text',
    serves: 'R25',
  },
  'redaction:plain:linear': {
    says: 'sanitizing takes time in proportion to the text, whatever is in it',
    serves: 'R25',
  },
  'redaction:text:corpus': {
    says: 'secrets and personal data are found in a labelled corpus, and what only looks like them stays',
    serves: 'R25',
  },
  'redaction:text:kinds': {
    says: 'of what was found only kinds and counts are told, and kinds can be chosen',
    serves: 'R25',
  },
  'redaction:text:hidden': { says: 'hidden characters within a secret do not hide it', serves: 'R25' },
  'redaction:text:comments': { says: 'a text cannot turn the search off', serves: 'R25' },
  'redaction:text:own': { says: 'a detector of one’s own is registered by its module', serves: 'R25' },
  'redaction:text:fails': {
    says: 'when a detector hangs, throws or answers with something else, nothing leaves',
    serves: 'R25',
  },
  'redaction:text:recovers': { says: 'what comes after a detector that hung is searched', serves: 'R25' },
  'redaction:text:bounds': { says: 'texts that are longer than is searched do not leave', serves: 'R25' },
  'redaction:text:linear': { says: 'no text makes the search hang', serves: 'R25' },
  'redaction:stream:divided': { says: 'a secret in a stream is found wherever it is divided', serves: 'R25' },
  'redaction:stream:equal': {
    says: 'what is redacted of a result, or a text, that comes in pieces is what is redacted of it whole, wherever it is divided',
    serves: 'R25',
  },
  'redaction:stream:unending': {
    says: 'what is found without an end keeps a text in, and is not held for ever',
    serves: 'R25',
  },
  'redaction:stream:fails': {
    says: 'where a detector hangs, throws or answers with something else, a streamed answer ends before what it was to search',
    serves: 'R25',
  },
  'redaction:plain:pieces': {
    says: 'the sanitized pieces of a text are its sanitized text, in every script, wherever it is divided',
    serves: 'R25',
  },
  'redaction:obligation:carried-out': {
    says: '`@redact_text` removes what is found from every text and every part of the structure, the same in both',
    serves: 'R25',
  },
  'redaction:obligation:fails': { says: 'a result that cannot be searched does not leave', serves: 'R25' },
  'redaction:obligation:configured': {
    says: 'a policy may oblige to redact text where it is configured, and nowhere else',
    serves: 'R25',
  },
} as const
