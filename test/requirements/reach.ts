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
  'reach:completer': {
    says: 'a completer runs only in the call of its own completion, once, with what was decided on, in servers of both generations',
    serves: 'R25',
  },
  'reach:suggested': {
    says: 'what is suggested as the key of an entity leaves only where its record, as it is stored, lets the caller read the key',
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
  'reach:uri:one-spelling': {
    says: 'a URI is read only in the one spelling that every reader takes alike: nothing encoded climbs, splits, hides or is decoded twice',
    serves: 'R25',
  },
  'reach:uri:declared': {
    says: 'a template that is not of simple expressions, or whose values could be told apart in two ways, is refused when it is loaded',
    serves: 'R25',
  },
  'reach:declared': {
    says: 'a name or a URI that is declared twice is refused when it is loaded, and a URI of two templates is of neither',
    serves: 'R25',
  },
  'reach:guarded': {
    says: 'a server that registers an undeclared resource or prompt, or another URI, is refused, and their handlers run in their own call alone',
    serves: 'R25',
  },
  'reach:hidden': {
    says: 'a resource, a prompt or a completion that a caller may not see answers like one that does not exist',
    serves: 'R25',
  },
  'reach:subscriptions': {
    says: 'resources cannot be subscribed to, which is announced and answered with a code',
    serves: 'R25',
  },
  'reach:mechanism': {
    says: 'transaction tokens, capabilities, retries, approvals, sign-ins, rates and obligations hold for resources and prompts as for tools',
    serves: 'R25',
  },
  'reach:data': {
    says: 'JSON in a resource is released field by field, and a completion suggests what a guarded client returned in its call',
    serves: 'R25',
  },
  'reach:schema': {
    says: 'schemas are drafted and held against resources, prompts and completions as against tools',
    serves: 'R25',
  },
} as const
