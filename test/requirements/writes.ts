/** What statements that write are held to. */
export const writes = {
  'execution:oracle:writes': {
    says: 'a statement that writes changes, returns and counts what it would under native row security, or is refused',
    serves: 'R21',
  },
  'execution:writes:everyday': {
    says: 'ordinary statements that write are accepted, and do what native row security lets them do',
    serves: 'R21',
  },
  'execution:writes:silent': {
    says: 'what is hidden changes neither the answer of a statement that writes, nor its count, nor its error',
    serves: 'R21',
  },
  'execution:writes:old-row': {
    says: 'a row that may not be seen, or not be changed, is not changed',
    serves: 'R21',
  },
  'execution:writes:new-row': {
    says: 'a statement that would leave a row that may not be written fails, and writes nothing',
    serves: 'R21',
  },
  'execution:writes:cells': {
    says: 'a cell that is not read plainly, or not written in its row, is not written',
    serves: 'R22',
  },
  'execution:writes:returned': {
    says: 'what is returned of written rows shows hidden columns, rows and masked cells no more than reading does',
    serves: 'R22',
  },
  'execution:writes:conflict': {
    says: 'a row that stands in the way of another is changed if it may be seen and changed, and else the statement fails',
    serves: 'R21',
  },
  'execution:writes:concurrent': {
    says: 'of concurrent writers none is lost, and none changes a row that has left what it may change',
    serves: 'R21',
  },
  'execution:writes:failed': {
    says: 'a write that fails leaves its transaction as it was before, and tells a code and no value',
    serves: 'R35',
  },
  'execution:writes:clients': {
    says: 'statements that write run through each client, in transactions and outside, and answer as by themselves',
    serves: 'R35',
  },
} as const
