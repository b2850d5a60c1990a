import { isValidIBAN } from 'ibantools'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Finding, RedactedKind } from './detector.ts'

/** A form, and what is more than a form: a checksum, a plan of numbers. */
type Form = readonly [RedactedKind, RegExp, ((matched: string) => boolean)?]

const FORMS: readonly Form[] = [
  // The local part is bounded as RFC 5321 bounds it, so that a long run of letters is not tried again from each of them.
  [
    'email',
    /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}/gu,
  ],
  [
    'iban',
    /(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])/g,
    (text) => isValidIBAN(text.replaceAll(' ', '')),
  ],
  ['card', /(?<![A-Za-z0-9.,_-])[2-6][0-9]{3}(?:[ -]?[0-9]{4}){3}(?![A-Za-z0-9]|[.,_-][0-9])/g, hasLuhn],
  ['card', /(?<![A-Za-z0-9.,_-])3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![A-Za-z0-9]|[.,_-][0-9])/g, hasLuhn],
  // United States: never 000, 666 or 9xx, 00 and 0000
  ['national-id', /(?<![A-Za-z0-9-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![A-Za-z0-9-])/g],
  // Spain
  ['national-id', /(?<![A-Za-z0-9])[XYZ0-9][0-9]{7}[A-Z](?![A-Za-z0-9])/g, isSpanish],
  // Sweden
  [
    'national-id',
    /(?<![A-Za-z0-9-])(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[-+][0-9]{4}(?![A-Za-z0-9-])/g,
    (text) => hasLuhn(text.slice(-11)),
  ],
  // United Kingdom
  [
    'national-id',
    /(?<![A-Za-z0-9])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D](?![A-Za-z0-9])/g,
  ],
  // France
  ['national-id', /(?<![A-Za-z0-9])[12][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{10}(?![A-Za-z0-9])/g, isFrench],
  // Numbers of other countries are told from others only by their `+`.
  [
    'phone',
    /(?<![A-Za-z0-9])(?:\+|00)[1-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9])/g,
    (text) => isPhone(text.replace(/^00/, '+')),
  ],
  [
    'phone',
    /(?<![A-Za-z0-9+.-])(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-. ])[2-9][0-9]{2}[-. ][0-9]{4}(?![A-Za-z0-9-])/g,
    (text) => isPhone(text),
  ],
]

/** Finds personal data by its form, and by its checksum or plan of numbers where it has one. */
export function findIdentities(text: string): readonly Finding[] {
  return FORMS.flatMap(([kind, form, holds]) =>
    [...text.matchAll(form)]
      .filter(({ 0: matched }) => holds?.(matched) ?? true)
      .map(({ 0: matched, index }) => ({ kind, start: index, end: index + matched.length })),
  )
}

function hasLuhn(text: string): boolean {
  const digits = text.replace(/[^0-9]/g, '')
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 1 : 2)
    sum += digit > 9 ? digit - 9 : digit
  }
  return sum % 10 === 0
}

function isSpanish(text: string): boolean {
  const number = Number(
    `${'XYZ'.includes(text.charAt(0)) ? 'XYZ'.indexOf(text.charAt(0)) : text.charAt(0)}${text.slice(1, 8)}`,
  )
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === text.charAt(8)
}

function isFrench(text: string): boolean {
  return 97n - (BigInt(text.slice(0, 13)) % 97n) === BigInt(text.slice(13))
}

function isPhone(text: string): boolean {
  return parsePhoneNumberFromString(text, 'US')?.isValid() === true
}
