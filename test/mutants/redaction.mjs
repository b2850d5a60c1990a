const REDACT = 'packages/layers/4-execution/src/egress/redact'
const TEXTS = ['packages/layers/4-execution/test/redact-text.test.ts']
const PARTS = ['packages/layers/4-execution/test/searched-text.test.ts']
const STREAM = 'packages/layers/4-execution/src/egress/stream'
const OBLIGED = ['packages/layers/4-execution/test/streamed-obligations.test.ts']
const PLAIN = ['packages/core/test/plain-text.test.ts']

export const redaction = [
  {
    id: 'redaction-failed-thread-kept',
    file: `${REDACT}/create-text-redactor.ts`,
    find: '      if (thread === asked) thread = undefined\n      await asked.end()\n',
    replace: '',
    suite: TEXTS,
  },
  {
    id: 'redaction-failing-detector-finds-nothing',
    file: `${REDACT}/redact-worker.ts`,
    find: "port.postMessage('failed' satisfies RedactReport)",
    replace: "port.postMessage({ texts: 'texts' in order ? order.texts : [order.part.text], found: {}, end: 0 })",
    suite: TEXTS,
  },
  {
    id: 'redaction-answers-of-detectors-believed',
    file: `${REDACT}/redact-text.ts`,
    find: 'if (!isFinding(finding, text.length))',
    replace: 'if (false)',
    suite: TEXTS,
  },
  {
    id: 'redaction-secret-released-in-halves',
    file: `${REDACT}/redact-text.ts`,
    find: 'if (end > limit && !isLast)',
    replace: 'if (start > limit && !isLast)',
    suite: PARTS,
  },
  {
    id: 'redaction-nothing-seen-ahead',
    file: `${REDACT}/text-window.ts`,
    find: 'portion: 65_536, ahead: 32_768',
    replace: 'portion: 65_536, ahead: 16',
    suite: PARTS,
  },
  {
    id: 'redaction-longest-not-seen',
    file: `${REDACT}/text-window.ts`,
    find: 'ahead: 32_768',
    replace: 'ahead: 20_480',
    suite: PARTS,
  },
  {
    id: 'redaction-nothing-seen-behind',
    file: `${REDACT}/text-window.ts`,
    find: 'const start = Math.max(0, end - behind)',
    replace: 'const start = end',
    suite: PARTS,
  },
  {
    id: 'redaction-parts-end-with-pieces',
    file: `${STREAM}/searched-text.ts`,
    find: 'return search(false)',
    replace: 'return search(true)',
    suite: PARTS,
  },
  {
    id: 'redaction-pieces-end-in-escapes',
    file: `${STREAM}/finished-text.ts`,
    find: 'if (opened < near || endOfEscapeSequence(text, opened) <= end) return end',
    replace: 'return end',
    suite: PARTS,
  },
  {
    id: 'redaction-pieces-end-in-pairs',
    file: `${STREAM}/finished-text.ts`,
    find: 'return end > near || near === 0 ? Math.max(0, end) : endBetween(text, near, last)',
    replace: 'return Math.max(0, end)',
    suite: PARTS,
  },
  {
    id: 'redaction-streamed-values-not-searched',
    file: `${STREAM}/release-streamed.ts`,
    find: 'const search = createValueSearch(redactor)',
    replace: 'const search = createValueSearch(undefined)',
    suite: OBLIGED,
  },
  {
    id: 'redaction-streamed-texts-not-searched',
    file: `${STREAM}/release-text.ts`,
    find: 'const text = createSearchedText(redactor)',
    replace: 'const text = createSearchedText(undefined)',
    suite: OBLIGED,
  },
  {
    id: 'redaction-streamed-json-searched-as-text',
    file: `${STREAM}/release-text.ts`,
    find: 'if (first === undefined || !mayHoldJson(first))',
    replace: 'if (first === undefined || true)',
    suite: OBLIGED,
  },
  {
    id: 'redaction-streamed-without-redactor',
    file: `${STREAM}/release-streamed.ts`,
    find: "  if (!redactor) throw new LockstepError('execution.obligation-failed')\n",
    replace: '',
    suite: OBLIGED,
  },
  {
    id: 'redaction-streamed-without-watermark',
    file: `${STREAM}/release-streamed.ts`,
    find: "this.#parts.output.put(`${marks.join('')}]`)",
    replace: "this.#parts.output.put(marks.length < 0 ? '' : ']')",
    suite: OBLIGED,
  },
  {
    id: 'redaction-hidden-characters-divide',
    file: `${REDACT}/create-text-redactor.ts`,
    find: 'inTurn({ texts: texts.map(plainText) }, signal)',
    replace: 'inTurn({ texts }, signal)',
    suite: TEXTS,
  },
  {
    id: 'redaction-texts-of-any-length',
    file: `${REDACT}/create-text-redactor.ts`,
    find: 'characters > mostCharacters || ',
    replace: '',
    suite: TEXTS,
  },
  {
    id: 'redaction-joiners-anywhere',
    file: 'packages/core/src/hidden-characters.ts',
    find: '(?<=\\\\p{Emoji})(?<![#*0-9])[\\\\ufe0e\\\\ufe0f]',
    replace: '[\\\\ufe0e\\\\ufe0f]',
    suite: PLAIN,
  },
  {
    id: 'redaction-escape-sequences-stay',
    file: 'packages/core/src/plain-text.ts',
    find: ".replace(ANSI, '')",
    replace: '',
    suite: PLAIN,
  },
]
