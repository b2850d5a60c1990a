export const execution = {
  'execution:rows:hidden': {
    says: 'a statement returns only rows that the subject may read, whatever its own conditions say',
    serves: 'R21',
  },
  'execution:columns:named': {
    says: 'a column that may never be read is NULL to statements that name it, where the mapping says so, and in no star',
    serves: 'R22',
  },
  'execution:columns:hidden': { says: 'a column that may never be read is out of scope everywhere', serves: 'R22' },
  'execution:columns:asked': {
    says: 'what stands for a table shows the columns that the statement names, and all where it stands for all',
    serves: 'R22',
  },
  'execution:cells:partial': { says: 'a cell that may not be read is NULL at its source', serves: 'R22' },
  'execution:cells:masked': { says: 'a masked column shows its mask where it is selected as it is', serves: 'R24' },
  'execution:cells:masked-expression': {
    says: 'a column that is not plainly readable cannot be computed with, compared, grouped or ordered by',
    serves: 'R22',
  },
  'execution:mask:same-twice': {
    says: 'a mask in SQL and the same mask in TypeScript show the same text',
    serves: 'R24',
  },
  'execution:mask:key': {
    says: 'a hash stands under a bound key of its own domain, and the key in no text',
    serves: 'R24',
  },
  'execution:mask:refused': {
    says: 'a mask that does not fit its column, lacks its key or is no plain expression is refused with the mapping',
    serves: 'R24',
  },
  'execution:shown:rows': {
    says: 'what shows the rows of a table shows a caller the rows that native row security shows of the table',
    serves: 'R21',
  },
  'execution:shown:functions': {
    says: 'a mapped function is called with the arguments of a statement, and its rows are filtered',
    serves: 'R21',
  },
  'execution:shown:refused': {
    says: 'a mapped view or function is used in FROM alone, and with its mapped columns',
    serves: 'R23',
  },
  'execution:shown:undeclared': {
    says: 'a view or function that is not mapped does not exist for callers',
    serves: 'R23',
  },
  'execution:shown:gaps': {
    says: 'a row that lacks what every entity has is shown to nobody, and carries no label',
    serves: 'R21',
  },
  'execution:shown:checked': {
    says: 'a mapped view, foreign table or function is checked against the live catalog and its snapshot',
    serves: 'R21',
  },
  'execution:shown:mapping': {
    says: 'a mapping of a view or function that makes no sense is refused when it is loaded',
    serves: 'R21',
  },
  'execution:shown:silent': {
    says: 'no condition over a view or function tells of rows that are hidden, whatever its columns are made of',
    serves: 'R21',
  },
  'execution:statement:everyday': { says: 'realistic analytical statements are accepted', serves: 'R23' },
  'execution:statement:attack': { says: 'a hostile statement tells nothing hidden', serves: 'R23' },
  'execution:statement:refused': {
    says: 'a statement of a form that is not released is refused with a code',
    serves: 'R23',
  },
  'execution:grammar:released': {
    says: 'every released form of SELECT answers as if hidden rows and columns did not exist',
    serves: 'R23',
  },
  'execution:grammar:hostile': {
    says: 'a released form that reaches for something hidden is refused, or answered without it',
    serves: 'R21',
  },
  'execution:grammar:refused': { says: 'every form that is not released is refused with its code', serves: 'R23' },
  'execution:grammar:hint': { says: 'a refused form says what to write instead and quotes nothing', serves: 'R23' },
  'execution:names:catalog': {
    says: 'no released function, operator or type is volatile, looks at tables or runs SQL, in any version',
    serves: 'R23',
  },
  'execution:names:configured': {
    says: 'functions, operators and types are released by qualified name and printed with their schema',
    serves: 'R23',
  },
  'execution:names:shadowed': {
    says: "an operator on the search path that stands in for PostgreSQL's own is found at the start",
    serves: 'R21',
  },
  'execution:statement:gate': {
    says: 'a text that a parser and the database could read differently is refused unparsed',
    serves: 'R23',
  },
  'execution:statement:sent': { says: 'only the print that was parsed again and compared is sent', serves: 'R23' },
  'execution:values:bound': { says: 'policy values are bound parameters after those of the statement', serves: 'R21' },
  'execution:values:steady': {
    says: 'only a statement that looks into one table, by its key or to list new rows, counts as having one plan',
    serves: 'R35',
  },
  'execution:values:remembered': {
    says: 'a remembered statement is sent with the values of whoever calls now, and only where their policy has the same shape',
    serves: 'R21',
  },
  'execution:values:bounded': {
    says: 'what is remembered of statements is bounded by number and bytes, refusals apart',
    serves: 'R21',
  },
  'execution:condition:exact': {
    says: 'a condition in SQL is true for exactly the rows for which the residual evaluator says so',
    serves: 'R43',
  },
  'execution:condition:as-cedar': {
    says: 'of every row and cell, SQL on a live PostgreSQL and the residual evaluator say what Cedar says; a forbid that fails denies',
    serves: 'R43',
  },
  'execution:condition:load': {
    says: 'a read policy without an exact SQL form is refused when it is loaded, by its name, its place and its table',
    serves: 'R21',
  },
  'execution:condition:inexact': { says: 'a condition without an exact SQL form denies', serves: 'R21' },
  'execution:oracle:rows': {
    says: 'a rewritten statement answers as native row-level security does, or is refused',
    serves: 'R21',
  },
  'execution:oracle:again': {
    says: 'a statement is rewritten to the same text every time, and rewriting that text shows no more',
    serves: 'R21',
  },
  'execution:oracle:narrower': { says: 'one more condition in a policy never adds rows', serves: 'R21' },
  'execution:oracle:noninterference': { says: 'changing hidden rows changes no answer', serves: 'R21' },
  'execution:barrier:silent': {
    says: 'no condition, wherever it stands and however it is planned, tells by an error, a notice or a row of a hidden row',
    serves: 'R21',
  },
  'execution:barrier:chosen': {
    says: 'each condition is kept from hidden rows by the cheapest barrier that does it: none, a guard or a fence',
    serves: 'R21',
  },
  'execution:barrier:leakproof': {
    says: 'what is taken for silent is what PostgreSQL declares leakproof, and judgements that are tried out',
    serves: 'R21',
  },
  'execution:barrier:hidden': {
    says: 'the column that a guard looks at can be named, hidden and seen by nobody',
    serves: 'R21',
  },
  'execution:mapping:configured': {
    says: 'the configuration takes everything that a mapping may say, and nothing else',
    serves: 'R22',
  },
  'execution:mapping:live': {
    says: 'a table mapping that does not fit the live database is refused by name',
    serves: 'R21',
  },
  'execution:mapping:served': {
    says: 'what a configuration file says of tables holds from the request of an agent to its answer',
    serves: 'R21',
  },
  'execution:resource:loaded': {
    says: 'a resource is loaded by id with the attributes that policies decide on',
    serves: 'R16',
  },
  'execution:client:no-call': { says: 'a guarded client sends nothing outside an open call', serves: 'R21' },
  'execution:client:captured': {
    says: 'a statement runs under the call in whose course it was asked for',
    serves: 'R21',
  },
  'execution:client:round-trips': {
    says: 'a guarded statement sends the messages of a plain one, and no more',
    serves: 'R35',
  },
  'execution:client:kept': {
    says: 'a statement that is sent again is parsed once in each session and planned for each caller; losing it there changes no answer',
    serves: 'R35',
  },
  'execution:client:planned': {
    says: 'a session plans once for everybody what has one best plan, and with each caller’s values whatever else it is sent',
    serves: 'R35',
  },
  'execution:client:surface': { says: 'no way of sending a statement goes around the rewriter', serves: 'R35' },
  'execution:client:error': {
    says: 'a database error reaches the caller as a class, never with its text',
    serves: 'R21',
  },
  'execution:client:observe': {
    says: 'observing runs the statement as written and records what would have happened',
    serves: 'R40',
  },
  'execution:client:session': {
    says: 'nothing that ran in a session is left in it for whoever is lent it next',
    serves: 'R21',
  },
  'execution:client:broken': {
    says: 'a connection that breaks fails its statement, harms nothing else, and is not lent again',
    serves: 'R7',
  },
  'execution:transaction:scoped': {
    says: 'every statement of a transaction returns only what its call may see',
    serves: 'R21',
  },
  'execution:transaction:control': {
    says: 'a transaction is opened, divided and ended by its methods and by no text',
    serves: 'R21',
  },
  'execution:transaction:owner': {
    says: 'a transaction belongs to the call that opened it: any other ends it, and gets nothing of it',
    serves: 'R21',
  },
  'execution:transaction:ends': {
    says: 'a transaction that outlives its call is rolled back, and its connection serves nobody before that',
    serves: 'R21',
  },
  'execution:transaction:rollback': { says: 'what a rejected function did is undone', serves: 'R21' },
  'execution:transaction:failed': {
    says: 'a transaction in which a statement failed, or whose commit did, is a failure that tells nothing',
    serves: 'R21',
  },
  'execution:transaction:savepoints': {
    says: 'what happened since a savepoint is undone alone, failures included',
    serves: 'R21',
  },
  'execution:transaction:retry': {
    says: 'a transaction that was given up for another one is run again only as often as was asked for',
    serves: 'R21',
  },
  'execution:stream:scoped': {
    says: 'a stream returns only what its call may see, and each row is final before it is handed out',
    serves: 'R21',
  },
  'execution:stream:owner': {
    says: 'a stream is read by the call that made it, and by no other',
    serves: 'R21',
  },
  'execution:stream:ends': {
    says: 'a stream ends with its call, and its cursor is closed when nobody reads it any more',
    serves: 'R28',
  },
  'execution:stream:revoked': {
    says: 'when a call is revoked while its handler reads a stream, the cursor is closed and no further row is given out',
    serves: 'R27',
  },
  'execution:stream:labels': {
    says: 'the labels of what a stream reads are raised before the rows that carry them are handed out',
    serves: 'R34',
  },
  'execution:client:system': { says: 'trusted work without a caller is named and recorded', serves: 'R21' },
  'execution:egress:bound': {
    says: 'a result leaves by its bindings, and what is not bound is withheld',
    serves: 'R25',
  },
  'execution:egress:entity': { says: 'a bound record leaves field by field under the read policy', serves: 'R25' },
  'execution:egress:sql': {
    says: 'a row leaves as it is only if a guarded client returned it under this call',
    serves: 'R25',
  },
  'execution:egress:text': {
    says: 'text is made again from what was released, without hidden characters',
    serves: 'R25',
  },
  'execution:egress:error': { says: 'a failed tool tells a code and nothing else', serves: 'R25' },
  'execution:labels:mapping': {
    says: 'a label that names no boolean column of its table is refused by name',
    serves: 'R34',
  },
  'execution:labels:rows': {
    says: 'a result that shows its rows raises a label only when a labeled row is among them',
    serves: 'R34',
  },
  'execution:labels:probe': {
    says: 'a result that does not show its rows raises the label of any row that the call may see',
    serves: 'R34',
  },
  'execution:labels:hidden': { says: 'a labeled row that the call may not see never raises a label', serves: 'R34' },
  'execution:labels:no-oracle': {
    says: 'whoever is given no label is told the same whatever labeled rows hold',
    serves: 'R34',
  },
  'execution:labels:first': {
    says: 'labels are raised before rows are given out, and rows whose labels cannot be raised are withheld',
    serves: 'R34',
  },
  'execution:labels:error': { says: 'a statement that fails raises the labels of what it looked at', serves: 'R34' },
  'execution:labels:whose': {
    says: 'labels are raised for the call that read, also when it is only observed, and for no system work',
    serves: 'R34',
  },
  'execution:labels:record': {
    says: 'a released record that no guarded client returned tells the labels that it carries',
    serves: 'R34',
  },
  'execution:write:held': {
    says: 'a write happens only while its call is still permitted on what it is about, which stays so until it is committed',
    serves: 'R21',
  },
  'execution:write:answer': {
    says: 'a guarded write answers as the statement would have by itself, and tells no row that is hidden',
    serves: 'R21',
  },
  'execution:write:labels': {
    says: 'labels of what a write reads are raised before it is sent',
    serves: 'R34',
  },
  'execution:write:recorded': {
    says: 'a write that the policy does not permit is one code, writes nothing and is recorded as denied',
    serves: 'R26',
  },
  'execution:write:undeclared': {
    says: 'what the schema does not let anybody write, nobody writes',
    serves: 'R21',
  },
} as const
