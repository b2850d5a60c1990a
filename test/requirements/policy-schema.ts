export const policySchema = {
  'policy:arguments:visible': {
    says: 'of arguments only declared members reach the policy, at any depth, and an optional one that is null is absent',
    serves: 'R16',
  },
  'policy:schema:arguments': {
    says: 'the JSON Schema of a tool becomes the type of its arguments, member by member',
    serves: 'R43',
  },
  'policy:schema:gaps': {
    says: 'what has no type in Cedar is named in the schema and in a list, and nothing else is left out with it',
    serves: 'R43',
  },
  'policy:schema:bounded': {
    says: 'a hostile schema is bounded, and nothing in it is read as more than a name or a comment',
    serves: 'R31',
  },
  'policy:schema:whole': {
    says: 'a generated schema loads, and declares every tool, every mapped table and what the layers ask with',
    serves: 'R43',
  },
  'edge:manifest:first-call': {
    says: 'with a manifest the first call of a process is parsed before a server exists, and decided on what was parsed',
    serves: 'R18',
  },
  'edge:manifest:own-schema': {
    says: 'arguments that the server itself reads in another way than the manifest do not run',
    serves: 'R18',
  },
  'edge:manifest:registration': {
    says: 'a server that registers another schema than the manifest holds is refused with one message',
    serves: 'R31',
  },
  'edge:manifest:broken': {
    says: 'a manifest that cannot be relied on stops the start with one message',
    serves: 'R31',
  },
  'policy:schema:accepts': {
    says: 'Cedar accepts what a tool accepts as the runtime passes it on, and refuses another shape, by the generated schema',
    serves: 'R43',
  },
  'policy:schema:command': {
    says: '`lockstep policy schema` writes a schema that loads, names with exit code 1 what it cannot say, and overwrites nothing',
    serves: 'R39',
  },
  'policy:schema:tables': {
    says: 'mapped tables become entity types, typed as they are read and optional where the live column may be NULL',
    serves: 'R39',
  },
  'policy:check:drift': {
    says: '`lockstep policy check` tells what of the schema no longer fits, and nothing that the team added',
    serves: 'R39',
  },
  'policy:check:reach': {
    says: 'a tool that no policy can permit for a user or for an agent is named, unless it is closed on purpose',
    serves: 'R39',
  },
  'policy:check:tables': {
    says: 'mapped tables are compared with the schema and with the live database, and it is said when that was not there',
    serves: 'R39',
  },
  'policy:check:fixtures': { says: 'schemas that are written by hand and fit have no drift', serves: 'R39' },
  'policy:manifest:written': {
    says: '`lockstep policy manifest` writes what a server lists, whole, or leaves the file as it is',
    serves: 'R39',
  },
  'policy:schema:guide': { says: 'the commands of the guide print what it shows', serves: 'R39' },
} as const
