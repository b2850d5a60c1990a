export const house = {
  'house:imports:table': { says: 'a package imports only what the table of the house allows', serves: 'R43' },
  'house:imports:declared': {
    says: 'a package imports only what it declares, and no file outside of itself',
    serves: 'R43',
  },
  'house:imports:only-user': { says: 'a library behind an adapter has one user', serves: 'R43' },
  'house:imports:egress': { says: 'the egress filter loads no SQL parser', serves: 'R25' },
  'house:imports:examples': { says: 'an example uses published entry points only', serves: 'R35' },
  'house:packages:topology': { says: 'names, entry points, files and versions are as written down', serves: 'R35' },
  'house:packages:require': { says: 'every entry point loads from CommonJS, silently', serves: 'R35' },
  'house:files:short': { says: 'sources are short', serves: 'R43' },
  'house:files:names': { says: 'files and folders are named for what they do', serves: 'R43' },
  'house:files:types': { says: 'no source escapes the type checker', serves: 'R43' },
  'house:files:exports': { says: 'everything exported is exported by name', serves: 'R43' },
  'house:files:machine': { says: 'no file names a machine or a registry', serves: 'R31' },
  'house:errors:raised': { says: 'every code of the table is raised somewhere', serves: 'R39' },
  'house:errors:table': { says: 'every code has a layer, a status, a sentence and a fix', serves: 'R39' },
  'house:errors:page': { says: 'the page of errors is the table', serves: 'R39' },
  'house:errors:closed': { says: 'the table of codes is closed', serves: 'R39' },
  'house:coverage:cited': {
    says: 'every requirement is cited by a test, and every citation is a requirement',
    serves: 'R39',
  },
  'house:coverage:form': { says: 'a requirement is an id, a sentence and a number', serves: 'R39' },
  'house:coverage:page': { says: 'the generated pages are up to date', serves: 'R39' },
  'house:mutants:table': {
    says: 'every seeded fault has its one place in the sources and tests that must notice it',
    serves: 'R39',
  },
  'house:tests:hooks': {
    says: 'what is cleaned up after a file of tests is told in that file, where files share a process',
    serves: 'R39',
  },
  'house:tests:patient': {
    says: 'a test that waits for something waits as long as a machine that is busy may take',
    serves: 'R39',
  },
  'house:bench:policy': {
    says: 'the bench of policy questions decides as cedar-wasm does before it measures, and prints every row',
    serves: 'R43',
  },
  'house:bench:sql': {
    says: 'the bench of guarded SQL measures paths only when both answer the same rows, and prints every row',
    serves: 'R43',
  },
  'house:bench:detectors': { says: 'the measure of the text detectors works', serves: 'R25' },
  'house:bench:egress': {
    says: 'the measure of what releasing costs works, and a process that relays 40 MiB does not hold them',
    serves: 'R25',
  },
  'house:bench:invocation': {
    says: 'the bench of authorized calls takes every path and prints its rows',
    serves: 'R2',
  },
  'house:bench:gateway': { says: 'the bench of the token path takes every path and prints its rows', serves: 'R2' },
  'house:programs:required': {
    says: 'an absent program skips a suite, or fails it where all are required',
    serves: 'R39',
  },
  'house:guide:commands': { says: 'every command of a page runs, and prints what the page shows', serves: 'R39' },
} as const
