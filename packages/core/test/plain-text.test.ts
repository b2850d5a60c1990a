import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { isPlainJson, plainText } from '../src/index.ts'

/** One or more sentences of how each language is written, with the invisible characters that belong to it. */
const WRITTEN: Readonly<Record<string, string>> = {
  English: 'Don’t panic – it’s only “£5”, isn’t it?\r\n\tYes.\n',
  German: 'Übergrößenträger müssen täglich prüfen, ob die Straße frei ist.',
  Polish: 'Zażółć gęślą jaźń przed wyjściem z domu.',
  Vietnamese: 'Tiếng Việt có nhiều dấu: ữ, ặ, ễ, ỵ.',
  decomposed: 'Cafe\u0301 no\u0308el',
  Greek: 'Η ταχεία αλεπού πηδάει πάνω από τον σκύλο.',
  Russian: 'Съешь ещё этих мягких булок, да выпей чаю.',
  Arabic: 'تعلّم البرمجة مفيد للجميع، أليس كذلك؟',
  Persian: 'من می\u200cخواهم کتاب\u200cهای تازه\u200cای بخرم.',
  Hebrew: 'שלום עולם, זה משפט עם נִקּוּד.',
  Hindi: 'क्\u200dष और क्\u200cष अलग दिखते हैं; नमस्ते दुनिया।',
  Bengali: 'র\u200d্যাব এবং বাংলা ভাষা।',
  Sinhala: 'ශ්\u200dරී ලංකාව ලස්සනයි.',
  Malayalam: 'അവന്\u200d വന്നു.',
  Tamil: 'யாதும் ஊரே யாவரும் கேளிர்.',
  Thai: 'ภาษา\u200bไทยไม่เว้นวรรค',
  Khmer: 'ខ្ញុំ\u200bស្រឡាញ់\u200bភាសា\u200bខ្មែរ',
  Myanmar: 'မြန်မာ\u200bစာ',
  Mongolian: 'ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ ᠠ\u180b',
  Chinese: '我能吞下玻璃而不伤身体。葛\u{e0100}',
  Japanese: 'いろはにほへと　ちりぬるを「終わり」',
  Korean: '다람쥐 헌 쳇바퀴에 타고파.',
  Georgian: 'გთხოვთ ახლავე გაიაროთ რეგისტრაცია.',
  Amharic: 'ሰማይ አይታረስ ንጉሥ አይከሰስ።',
  Cherokee: 'ᎠᏂᏔᎵ ᎠᏣᎳᎩ',
  emoji:
    'Family 👨\u200d👩\u200d👧, dev 👩🏽\u200d💻, flag 🏳\ufe0f\u200d🌈 🇩🇪, heart ❤\ufe0f, key 1\ufe0f\u20e3, text ☎\ufe0e',
  mathematics: '∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β → 𝔸',
}

test.each(Object.entries(WRITTEN))(proves('redaction:plain:languages', 'of %s'), (_, text) => {
  expect(plainText(text)).toBe(text)
})

const HIDDEN: Readonly<Record<string, [string, string]>> = {
  'a color': ['a\u001b[31mred\u001b[0m', 'ared'],
  'a color by C1': ['a\u009b31mred', 'ared'],
  'a hyperlink': ['\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u0007', 'click'],
  'a window title by C1': ['\u009d0;title\u009cx', 'x'],
  'a device control string': ['\u001bPq#0;2\u001b\\x', 'x'],
  'an unfinished operating system command': ['\u001b]52;c;AAAA\nnext', '\nnext'],
  'an escape behind an escape': ['\u001b\u001b[31m[31mx', '[31mx'],
  'an escape that a hidden character divides': ['\u001b\u200b[31mx', '[31mx'],
  'a reset': ['\u001bcx', 'x'],
  'overwriting a line': ['pay 9\rpay 1', 'pay 9\npay 1'],
  'a carriage return before a hidden character': ['a\r\u200b\nb', 'a\r\nb'],
  'line separators': ['a\u2028b\u2029c', 'a\nb\nc'],
  controls: ['a\u0000\u0007\u0008\u007f\u0085b', 'ab'],
  'tag characters': ['hi\u{e0001}\u{e0069}\u{e0067}\u{e007f}', 'hi'],
  'unassigned tags': ['x\u{e0080}\u{e0fff}', 'x'],
  'bidirectional controls': ['\u202etxt.exe\u202c \u2066a\u2069\u200e\u200f\u061c', 'txt.exe a'],
  'joiners between Latin letters': ['pass\u200bwo\u200crd\u200d', 'password'],
  'joiners in a row': ['क्\u200d\u200dष', 'क्ष'],
  'blanks of no width between Latin letters': ['a\u2060b\ufeffc\u00add', 'abcd'],
  fillers: ['\u3164\u115f\u1160\uffa0\u17b4x', 'x'],
  'variation selectors that carry bytes': ['😀\ufe00\ufe0f\u{e0110}\u{e0111}', '😀'],
  'a variation selector behind a letter': ['a\ufe0f1\ufe0f', 'a1'],
  'an emoji joined with nothing': ['👩\u200d', '👩'],
  noncharacters: ['a\ufdd0\uffff\u{1fffe}b', 'ab'],
  'half a surrogate pair': ['a\ud800b\udc00', 'a\ufffdb\ufffd'],
  'halves around a hidden character': ['\ud83d\u200b\ude00', '\ufffd\ufffd'],
}

test.each(Object.entries(HIDDEN))(proves('redaction:plain:hidden', '%s'), (_, [text, plain]) => {
  expect(plainText(text)).toBe(plain)
})

const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is what this pattern is for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}\p{Noncharacter_Code_Point}]|[\u{e0000}-\u{e00ff}]|\r(?!\n)/u

test(proves('redaction:plain:properties'), () => {
  const pieces = [...Object.values(WRITTEN), ...Object.values(HIDDEN).map(([text]) => text)].flatMap((text) =>
    text.split(''),
  )
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((chosen) => chosen.join('')),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
    fc.string({ unit: 'binary', maxLength: 40 }),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const plain = plainText(text)
      expect(plain).not.toMatch(FORBIDDEN)
      expect(plain.length).toBeLessThanOrEqual(text.length)
      expect(plainText(plain)).toBe(plain)
    }),
    { numRuns: 1000 },
  )
})

test(proves('redaction:plain:linear'), () => {
  const hostile = ['\u001b]', '\u001b[', '\u001b ', '\u009d', '\r', '\u200d', 'क्\u200d', '👩\u200d', '\u001b[0;'].map(
    (part) => part.repeat(400_000 / part.length),
  )
  const started = performance.now()
  for (const text of hostile) plainText(text)
  expect(performance.now() - started).toBeLessThan(5000)
})

test(proves('execution:egress:text', 'told by the JSON of a whole value'), () => {
  const one = fc.oneof(
    fc.constantFrom(
      '\u001b[1m',
      '\r',
      '\r\n',
      '\\',
      '"',
      '\u2028',
      '\ud800',
      '\u007f',
      '\u{e0041}',
      '\u00ad',
      '\u202e',
      '\ufffe',
      '\ufe0f',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ maxLength: 8 }),
    fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  )
  let plain = 0
  fc.assert(
    fc.property(fc.array(one, { maxLength: 2 }), fc.array(one, { maxLength: 1 }), (texts, names) => {
      const isPlain = isPlainJson(JSON.stringify({ texts, names: names.map((name) => ({ [name]: 1 })) }))
      if (isPlain) expect([...texts, ...names].map(plainText)).toEqual([...texts, ...names])
      if (isPlain) plain += 1
    }),
    { numRuns: 5_000 },
  )
  expect(plain).toBeGreaterThan(500)
  for (let unit = 0; unit < 0x10000; unit += 1) {
    const text = String.fromCharCode(unit)
    if (plainText(text) !== text) expect(isPlainJson(JSON.stringify([text])), unit.toString(16)).toBe(false)
  }
  expect(isPlainJson(JSON.stringify(['Übergrößenträger', 'Съешь', 'いろは', 'a\nb\tc "d"']))).toBe(true)
})
