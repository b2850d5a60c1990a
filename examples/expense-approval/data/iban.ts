import type { SeededRandom } from './seeded-random.ts'

/** Digits of the account part, by country (ISO 13616 registry; countries whose account part is digits only). */
const ACCOUNT_DIGITS = { DE: 18, AT: 16, ES: 20, BE: 12, DK: 14 } as const

const COUNTRIES = ['DE', 'DE', 'DE', 'AT', 'ES', 'BE', 'DK'] as const

/** Makes an IBAN with correct check digits (ISO 7064 mod 97-10). The account behind it is invented. */
export function randomIban(random: SeededRandom): string {
  const country = random.pick(COUNTRIES)
  let account = ''
  while (account.length < ACCOUNT_DIGITS[country]) account += String(random.between(0, 9))
  return `${country}${checkDigits(country, account)}${account}`
}

/** The check digits make the rearranged number, letters as 10 to 35, one more than a multiple of 97. */
function checkDigits(country: string, account: string): string {
  const letters = [...country].map((letter) => String(letter.charCodeAt(0) - 55)).join('')
  return String(98n - (BigInt(`${account}${letters}00`) % 97n)).padStart(2, '0')
}
