const REDACT = 'packages/layers/4-execution/src/egress/redact'
const TEXTS = ['packages/layers/4-execution/test/redact-text.test.ts']
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
    replace: 'port.postMessage({ texts, found: {}, end: 0 } satisfies RedactReport)',
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
    find: 'if (end > limit && keep > 0)',
    replace: 'if (start > limit && keep > 0)',
    suite: TEXTS,
  },
  {
    id: 'redaction-nothing-kept-back',
    file: `${REDACT}/create-redacting-stream.ts`,
    find: 'redactor.redactStart(plain, KEEP)',
    replace: 'redactor.redactStart(plain, 0)',
    suite: TEXTS,
  },
  {
    id: 'redaction-hidden-characters-divide',
    file: `${REDACT}/create-text-redactor.ts`,
    find: 'inTurn(texts.map(plainText), 0, signal)',
    replace: 'inTurn(texts, 0, signal)',
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
