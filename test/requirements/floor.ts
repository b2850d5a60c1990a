/** The floor: the same policy held up by the database itself. */
export const floor = {
  'floor:rows:attack': {
    says: 'under the floor alone, with nothing rewritten, no hostile statement shows a hidden row or cell',
    serves: 'R21',
  },
  'floor:rows:same': {
    says: 'a statement of the application tells the same whatever hidden rows and cells hold, statistics and unique keys aside',
    serves: 'R21',
  },
  'floor:rows:oracle': {
    says: 'compiled with the principal unknown, a policy shows the rows that the rewriter shows, whoever asks',
    serves: 'R21',
  },
  'floor:rows:exact': {
    says: 'a policy that the database cannot hold up exactly is named with its file and line, and no floor is made of it',
    serves: 'R21',
  },
  'floor:rows:look': {
    says: 'a policy looks at other tables as they are, and the application sees nothing of that look but its verdict',
    serves: 'R21',
  },
  'floor:columns:granted': {
    says: 'a column is granted only where its class is read plainly in every row that is seen',
    serves: 'R21',
  },
  'floor:writes:rows': {
    says: 'under the floor a row is written only as the policy permits, as it was and as it will be',
    serves: 'R21',
  },
  'floor:call:unknown': {
    says: 'without a handle, and with one that is guessed, over, or of another floor, no row is seen or written',
    serves: 'R21',
  },
  'floor:call:identity': {
    says: 'nothing that the application can set, make or become in its session changes who the database takes it for',
    serves: 'R21',
  },
  'floor:call:carried': {
    says: 'every statement of a guarded client carries the handle of its own call, and no connection one of another',
    serves: 'R21',
  },
  'floor:call:over': { says: 'the handle of a call is worth nothing once the call is over', serves: 'R28' },
  'floor:call:secret': {
    says: 'a handle is in no text of a statement, and the database keeps its digest alone',
    serves: 'R21',
  },
  'floor:start:version': {
    says: 'an instance does not start over a floor that was made of other policies',
    serves: 'R21',
  },
  'floor:generate:again': {
    says: 'the same policies make the same text, and laying it again changes nothing',
    serves: 'R21',
  },
  'floor:generate:usage': {
    says: 'a floor is laid for a role of the application that neither writes down calls nor owns the floor',
    serves: 'R21',
  },
  'floor:check:differences': {
    says: 'everything in a database that is not as its floor would be laid is named, and the exit code says so',
    serves: 'R21',
  },
} as const
