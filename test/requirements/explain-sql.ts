export const explainSql = {
  'execution:explain:statement': {
    says: '`lockstep sql` shows what a statement becomes for somebody, what was added to it and which policies say so, or why it is refused',
    serves: 'R39',
  },
  'execution:explain:values': {
    says: 'of the values that policies bind an explanation shows the place and never the value',
    serves: 'R39',
  },
  'execution:explain:nobody': {
    says: 'somebody of whom nothing is known is shown nothing, and no refusal that differs',
    serves: 'R21',
  },
  'execution:explain:misuse': { says: 'a statement of somebody who cannot be meant is not explained', serves: 'R39' },
  'execution:explain:lines': {
    says: 'every line is answered by one line, in order, as soon as it is there',
    serves: 'R39',
  },
  'execution:explain:bad-line': {
    says: 'a line that is none is answered as refused, and the next one as if it had not been',
    serves: 'R21',
  },
  'execution:explain:cases': {
    says: 'every hostile statement of the shared cases is answered by one line',
    serves: 'R23',
  },
  'execution:snapshot:same': {
    says: 'a mapping is held against a snapshot of the catalog as against the database that it was taken of',
    serves: 'R21',
  },
  'execution:snapshot:refused': {
    says: 'a snapshot that is stale, foreign or damaged stops the start with a message that says how to mend it',
    serves: 'R21',
  },
  'execution:snapshot:alone': {
    says: 'with a snapshot statements are explained without a database, and facts that only the database has are never taken for none',
    serves: 'R39',
  },
  'execution:snapshot:compared': {
    says: 'a snapshot that the database is no longer like is told by place',
    serves: 'R39',
  },
  'execution:scaffold:loads': {
    says: 'the table mapping that is written from a live database type-checks, and the server starts with it',
    serves: 'R39',
  },
  'execution:scaffold:whole': {
    says: 'every relation and column of the schemas stands in it, as a mapping or as a comment that says why not',
    serves: 'R39',
  },
  'execution:scaffold:sensitive': {
    says: 'columns that look as if they were not for everybody are in a class that no policy permits',
    serves: 'R22',
  },
  'execution:scaffold:kept': { says: 'a file that is there is never overwritten by a scaffold', serves: 'R39' },
} as const
