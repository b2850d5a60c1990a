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
} as const
