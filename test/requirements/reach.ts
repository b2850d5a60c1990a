/** What is reached beside tools: resources, prompts and completions. */
export const reach = {
  'reach:lists': {
    says: 'lists of resources, templates and prompts hold what this caller may use or unlock, and nothing that is not declared',
    serves: 'R25',
  },
  'reach:resource': {
    says: 'reading a resource is decided, recorded and carried out as a call of its name with the variables of its URI as arguments',
    serves: 'R25',
  },
  'reach:prompt': {
    says: 'getting a prompt is decided, recorded and carried out as a call of its name',
    serves: 'R25',
  },
  'reach:completion': {
    says: 'a completion is a call of its own, for a prompt or a resource that the caller may use, and empty where nothing is declared',
    serves: 'R25',
  },
  'reach:released': {
    says: 'contents and messages leave as the content of a tool does: what is bound, without hidden characters, and nothing of another URI',
    serves: 'R25',
  },
} as const
