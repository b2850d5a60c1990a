/**
 * The one table of characters that people do not see and models and terminals do, for the inside of a character class with the flag `u`: controls but
 * tab and line ends, whatever Unicode says is ignorable in display (bidirectional controls, zero-width characters, fillers, variation selectors, the
 * tag block), interlinear annotation, noncharacters, and halves of surrogate pairs.
 */
export const HIDDEN_CLASS =
  '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb\\p{Noncharacter_Code_Point}\\p{Cs}'

/** The table, and what may show nothing or move what is shown: line ends, every format character, private use, unassigned. */
export const UNSURE_CLASS = `${HIDDEN_CLASS}\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}`

const HIDDEN = `[${HIDDEN_CLASS}]`
const VIRAMA =
  '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca\\u1039\\u17d2\\u1b44\\u1baa\\u{11046}\\u{110b9}\\u{11133}]'
const UNSPACED = '[\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}]'
const CURSIVE = '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Mandaic}]'
const PICTURE = '\\p{Extended_Pictographic}'

/** A character of the class before or behind, which is not hidden itself. */
function behind(one: string): string {
  return `(?<=${one})(?<!${HIDDEN})`
}
function before(one: string): string {
  return `(?=${one})(?!${HIDDEN})`
}

/**
 * Where a character of the table is part of how a language or a picture is written. Its neighbors must be there, so that one stands alone and a
 * row of them carries nothing: joiners in Indic conjuncts, in Arabic and Mongolian, and within an emoji; breaks between words in scripts without
 * blanks; one variation selector behind what has variants.
 */
const WRITTEN = [
  `${behind('[\\p{L}\\p{M}]')}[\\u200c\\u200d]${before(VIRAMA)}`,
  `(?<=${VIRAMA})[\\u200c\\u200d](?!${HIDDEN})`,
  `${behind(CURSIVE)}[\\u200c\\u180e]${before(CURSIVE)}`,
  '(?<=\\u0647)[\\u200c\\u200d](?![\\u200c\\u200d])',
  `(?<=${PICTURE}[\\u{1f3fb}-\\u{1f3ff}]?\\ufe0f?)\\u200d(?=${PICTURE})`,
  `${behind(UNSPACED)}\\u200b${before(UNSPACED)}`,
  '(?<=[#*0-9])\\ufe0f(?=\\u20e3)',
  '(?<=\\p{Emoji})(?<![#*0-9])[\\ufe0e\\ufe0f]',
  '(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  `${behind('\\p{Script=Mongolian}')}[\\u180b-\\u180d\\u180f]`,
  `${behind('\\p{Script=Myanmar}')}\\ufe00`,
].join('|')

/** Every character of the table that is no part of how something is written. Has the flag `g`. */
export const HIDDEN_CHARACTERS = new RegExp(`(?=${HIDDEN})(?!${WRITTEN})${HIDDEN}`, 'gu')
