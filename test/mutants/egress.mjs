const EGRESS = 'packages/layers/4-execution/src/egress'
const RELEASE = ['packages/layers/4-execution/test/release.test.ts']

export const egress = [
  {
    id: 'unbound-member-released',
    file: `${EGRESS}/release.ts`,
    find: 'const left = bound === undefined ? undefined : releaseMember',
    replace: 'const left = bound === undefined ? value : releaseMember',
    suite: RELEASE,
  },
  {
    id: 'final-rows-written-down-when-asked',
    file: 'packages/layers/4-execution/src/final-rows.ts',
    find: '        const text = asJson(row)\n',
    replace: '        const text = asJson(row) && { length: 1, toString: () => asJson(row) }\n',
    suite: ['packages/layers/4-execution/test/final-rows.test.ts'],
  },
  {
    id: 'final-row-not-checked',
    file: `${EGRESS}/release.ts`,
    find: '(isFinal(row) ? plainJson(row) : undefined)',
    replace: 'plainJson(row)',
    suite: RELEASE,
  },
  {
    id: 'text-beside-the-structure-released',
    file: `${EGRESS}/release.ts`,
    find: "content: [{ type: 'text', text: JSON.stringify(structuredContent) }]",
    replace: 'content: result.content ?? []',
    suite: RELEASE,
  },
  {
    id: 'error-text-released',
    file: `${EGRESS}/release-error.ts`,
    find: "content: [{ type: 'text', text: new LockstepError(code).message }]",
    replace: "content: texts.map((text) => ({ type: 'text', text: text || code }))",
    suite: RELEASE,
  },
  {
    id: 'hidden-record-released',
    file: `${EGRESS}/release-record.ts`,
    find: "  if (!permits(ROW_CLASS, 'plain')) return undefined\n",
    replace: '',
    suite: RELEASE,
  },
  {
    id: 'record-mask-not-applied',
    file: `${EGRESS}/release-record.ts`,
    find: 'return createMask(mask, { name, stored: type, type: {} }, masks).value(value)',
    replace: 'return value',
    suite: RELEASE,
  },
  {
    id: 'unmapped-field-released',
    file: `${EGRESS}/release-record.ts`,
    find: 'if (!column || !fits(column, value)) {',
    replace:
      'if (!column) {\n      released.push([name, value])\n      continue\n    }\n    if (!fits(column, value)) {',
    suite: RELEASE,
  },
  {
    id: 'object-in-place-of-a-scalar-released',
    file: `${EGRESS}/release-record.ts`,
    find: 'if (!column || !fits(column, value)) {',
    replace: 'if (!column) {',
    suite: RELEASE,
  },
  {
    id: 'label-of-a-record-only-when-true',
    file: `${EGRESS}/labels-of-record.ts`,
    find: 'told === false || told === null ? [] : [label]',
    replace: 'told === true ? [label] : []',
    suite: ['packages/layers/4-execution/test/labels-of-record.test.ts'],
  },
]
