import { plainText } from '@lockstep/core'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createCorpus } from '../../../../test/bench/detectors/corpus.mjs'
import { runs, SEED } from '../../../../test/long-runs.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createTextRedactor } from '../src/egress/index.ts'
import type { Detect } from '../src/egress/redact/detector.ts'
import { findIdentities } from '../src/egress/redact/find-identities.ts'
import { findSecrets } from '../src/egress/redact/find-secrets.ts'
import { redactPart, redactText } from '../src/egress/redact/redact-text.ts'
import type { WindowSize } from '../src/egress/redact/text-window.ts'
import { createPlainPieces } from '../src/egress/stream/plain-pieces.ts'
import { createSearchedText } from '../src/egress/stream/searched-text.ts'

const redactor = createTextRedactor({ deadline: 60_000 })
afterAll(() => redactor.close())

const TOKEN = 'xoxb-085531063055-684703728701-rCx7U40mdlbMI6oClkJJ7QAe'
const DETECTORS = [findSecrets, findIdentities]
/** Small enough for borders to be everywhere, and for the longest secret of the corpus to be seen whole. */
const SMALL: WindowSize = { behind: 40, portion: 300, ahead: 2_400 }

/** What people write and what hides among it, to be put together. */
const WORDS = fc.constantFrom(
  ...[
    'Nothing to see here. ',
    'x',
    '\n',
    ' ',
    '"',
    '=',
    '1234 ',
    'é',
    '中文',
    'हिन्दी ',
    'क्‍ष',
    'می‌خواهم',
    '1️⃣',
    '❤️',
    '👩🏽‍💻',
    '😀'.repeat(150),
  ],
  ...[
    '\u202e',
    '\u200b',
    '\u001b[31m',
    '\u001b[0m',
    '\r',
    '\r\n',
    '\ud83d',
    '\ude00',
    '\u{e0041}',
    '漢'.repeat(300),
    'ก'.repeat(70),
  ],
)
const SECRETS = fc.constantFrom(...createCorpus({ seed: 3, count: 2 }).map(({ value }) => value))
const TEXT = fc
  .array(fc.oneof({ weight: 3, arbitrary: WORDS }, SECRETS), { maxLength: 40 })
  .map((parts) => parts.join(''))
const BORDERS = fc.array(fc.nat(10_000), { maxLength: 30 })

function divided(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((one, other) => one - other)
  return [...places, text.length].map((place, n) => text.slice(places[n - 1] ?? 0, place))
}

async function searched(pieces: readonly string[], detectors: readonly Detect[], size: WindowSize): Promise<string> {
  const text = createSearchedText({ redactPart: (part) => redactPart(part, detectors, { size }) }, size)
  let left = ''
  for (const piece of pieces) left += await text.add(piece)
  return left + (await text.end())
}

async function streamed(pieces: readonly string[]): Promise<string> {
  const text = createSearchedText(redactor)
  let left = ''
  for (const piece of pieces) left += await text.add(piece)
  return left + (await text.end())
}

test(proves('redaction:plain:pieces'), () => {
  fc.assert(
    fc.property(TEXT, BORDERS, (text, at) => {
      const pieces = createPlainPieces()
      const left = divided(text, at).map((piece) => pieces.add(piece))
      expect(left.join('') + pieces.end()).toBe(plainText(text))
    }),
    { numRuns: runs(500), seed: SEED },
  )
})

test.each([
  ['pictures', `x${'😀'.repeat(9_000)}`],
  ['pictures that are put together', '❤️👩🏽‍💻'.repeat(2_500)],
  ['Hindi', 'क्‍षहिन्दी'.repeat(2_000)],
  ['Chinese', '中文漢'.repeat(6_000)],
  ['nothing but marks', `a${'\u0301'.repeat(12_001)}😀😀`],
])(proves('redaction:plain:pieces', 'of long texts without a letter of ours: %s'), (_, text) => {
  for (const length of [997, 4_096, 5_001]) {
    const pieces = createPlainPieces()
    const at = Array.from({ length: 40 }, (_, n) => (n + 1) * length)
    const left = divided(
      text,
      at.filter((place) => place < text.length),
    ).map((piece) => pieces.add(piece))
    expect(left.join('') + pieces.end() === plainText(text)).toBe(true)
  }
})

test(proves('redaction:stream:equal', 'of a text'), async () => {
  await fc.assert(
    fc.asyncProperty(TEXT, BORDERS, async (text, at) => {
      const { text: whole } = await redactText(plainText(text), DETECTORS, { size: SMALL })
      expect(await searched(divided(text, at), DETECTORS, SMALL)).toBe(plainText(whole))
    }),
    { numRuns: runs(150), seed: SEED },
  )
})

test(proves('redaction:stream:equal', 'as if all of it were searched at once'), async () => {
  await fc.assert(
    fc.asyncProperty(TEXT, async (text) => {
      const plain = plainText(text)
      const together = await redactText(plain, DETECTORS, { size: { behind: 0, portion: 1e9, ahead: 1e9 } })
      expect(await redactText(plain, DETECTORS, { size: SMALL })).toEqual(together)
    }),
    { numRuns: runs(150), seed: SEED },
  )
})

test(proves('redaction:stream:divided'), async () => {
  for (let at = 1; at < TOKEN.length; at += 9) {
    expect(await streamed(['a ', TOKEN.slice(0, at), TOKEN.slice(at), ' b'])).toBe('a [slack-token] b')
  }
  const filler = 'Nothing to see here. '.repeat(6_000)
  for (const before of [65_530, 65_537, 65_580, 98_290, 98_304, 98_310]) {
    const start = filler.slice(0, before - 1).concat(' ')
    const left = await streamed([start + TOKEN.slice(0, 31), `${TOKEN.slice(31)} ${filler}`])
    expect(left === `${start}[slack-token] ${filler}`).toBe(true)
  }
})

test(proves('redaction:stream:divided', 'of the longest form'), async () => {
  const filler = 'Nothing to see here. '.repeat(6_000)
  const part = (length: number) => 'aB3d'.repeat(length / 4)
  const token = `eyJ${part(4_096)}.eyJ${part(16_384)}.${part(4_096)}`
  // Its first character is the last that is decided on in the first part.
  const start = `${filler.slice(0, 65_534)} `
  const left = await streamed([`${start}${token} ${filler}`])
  expect(left === `${start}[jwt] ${filler}`).toBe(true)
})

test(proves('redaction:stream:divided', 'and what stands before it is seen'), async () => {
  const filler = 'Nothing to see here. '.repeat(6_000)
  // Behind a letter it is no name of a secret; the border of what is decided on first is between them.
  const start = `${filler.slice(0, 65_535)}x`
  const text = `${start}password=hunter22aa ${filler}`
  expect((await streamed([text])) === text).toBe(true)
})

test(proves('redaction:stream:unending'), async () => {
  const own = 'export const detect = (text) => [{ kind: "all", start: 0, end: text.length }]'
  const all = createTextRedactor({
    detectors: [new URL(`data:text/javascript,${encodeURIComponent(own)}`)],
    deadline: 60_000,
  })
  const text = createSearchedText(all)
  await expect(text.add('Nothing to see here. '.repeat(6_000))).rejects.toThrow(
    expect.objectContaining({ code: 'execution.obligation-failed' }),
  )
  await all.close()
})
