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
} as const
