import { UPPER } from './random.mjs'

/** Digits with the one that makes Luhn's sum a multiple of ten. */
function luhn(digits) {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return `${digits}${(10 - (sum % 10)) % 10}`
}

function grouped(text, size, by) {
  return text.match(new RegExp(`.{1,${size}}`, 'g')).join(by)
}

function card(r) {
  const [prefix, length] = r.pick([
    ['4', 16],
    ['51', 16],
    ['55', 16],
    ['2221', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
  ])
  const number = luhn(`${prefix}${r.digits(length - prefix.length - 1)}`)
  if (length === 15) return r.pick([number, `${number.slice(0, 4)} ${number.slice(4, 10)} ${number.slice(10)}`])
  return r.pick([number, grouped(number, 4, ' '), grouped(number, 4, '-')])
}

function iban(r) {
  const [country, body] = r.pick([
    ['DE', () => r.digits(18)],
    ['FR', () => french(r)],
    ['GB', () => `${r.text(4, UPPER)}${r.digits(14)}`],
    ['NL', () => `${r.pick(['ABNA', 'INGB', 'RABO'])}${r.digits(10)}`],
    ['AT', () => r.digits(16)],
    ['CH', () => r.digits(17)],
  ])
  const account = body()
  const numbers = [...`${account}${country}00`].map((one) => Number.parseInt(one, 36)).join('')
  const check = String(98n - (BigInt(numbers) % 97n)).padStart(2, '0')
  const written = `${country}${check}${account}`
  return r.pick([written, grouped(written, 4, ' ')])
}

/** A French account ends with a key of its own. */
function french(r) {
  const [bank, branch, account] = [r.digits(5), r.digits(5), r.digits(11)]
  const key = 97n - ((89n * BigInt(bank) + 15n * BigInt(branch) + 3n * BigInt(account)) % 97n)
  return `${bank}${branch}${account}${String(key).padStart(2, '0')}`
}

function email(r) {
  const first = r.pick(['anna', 'jan', 'marie', 'li', 'omar', 'sofia', 'k', 'j.doe'])
  const tag = r.pick(['', '', '+news', `.${r.text(5, UPPER.toLowerCase())}`, `_${r.digits(3)}`])
  return `${first}${tag}@${r.pick(['example.com', 'mail.corp.de', 'uni-graz.ac.at', 'firma.co.uk', 'shop.example.io', 'bücher.example'])}`
}

function dni(r) {
  const number = r.digits(8)
  return `${number}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23]}`
}

function ssn(r) {
  const area = 1 + r.below(664)
  return `${String(area).padStart(3, '0')}-${String(1 + r.below(99)).padStart(2, '0')}-${String(1 + r.below(9999)).padStart(4, '0')}`
}

function personnummer(r) {
  const day = `${80 + r.below(19)}${String(1 + r.below(12)).padStart(2, '0')}${String(1 + r.below(28)).padStart(2, '0')}`
  const number = luhn(`${day}${r.digits(3)}`)
  return `${number.slice(0, 6)}-${number.slice(6)}`
}

function nino(r) {
  return `${r.pick(['AB', 'CE', 'JM', 'PR', 'SX'])} ${r.digits(2)} ${r.digits(2)} ${r.digits(2)} ${r.pick('ABCD')}`
}

function frenchNumber(r) {
  const number = `${r.pick('12')}${r.digits(2)}${String(1 + r.below(12)).padStart(2, '0')}${String(1 + r.below(95)).padStart(2, '0')}${r.digits(6)}`
  return `${number}${String(97n - (BigInt(number) % 97n)).padStart(2, '0')}`
}

const PHONES = {
  international: (r) =>
    r.pick([
      () => `+49 30 9${r.digits(5)}`,
      () => `+49 151 2${r.digits(7)}`,
      () => `+1 212-${2 + r.below(8)}55-${r.digits(4)}`,
      () => `+44 20 7946 0${r.digits(3)}`,
      () => `+33 6 1${r.digits(1)} ${r.digits(2)} ${r.digits(2)} ${r.digits(2)}`,
      () => `+34 612 ${r.digits(3)} ${r.digits(3)}`,
      () => `+81 90-${1 + r.below(9)}${r.digits(3)}-${r.digits(4)}`,
      () => `+91 98${r.digits(3)} ${r.digits(5)}`,
      () => `+55 11 9${8 + r.below(2)}${r.digits(3)}-${r.digits(4)}`,
      () => `+43 664 1${r.digits(6)}`,
      () => `+4915112${r.digits(6)}`,
    ])(),
  'national (US)': (r) => {
    const rest = `${2 + r.below(8)}55-${r.digits(4)}`
    return r.pick([`(212) ${rest}`, `415-${rest}`, `(312) ${rest}`])
  },
}

/** Classes of personal data, by the kind that redaction tells. */
export const identities = [
  { name: 'e-mail address', kind: 'email', make: email },
  { name: 'phone number, international', kind: 'phone', make: PHONES.international },
  { name: 'phone number, national (US)', kind: 'phone', make: PHONES['national (US)'] },
  { name: 'IBAN', kind: 'iban', make: iban },
  { name: 'payment card', kind: 'card', make: card },
  { name: 'national id: US', kind: 'national-id', make: ssn },
  { name: 'national id: Spain', kind: 'national-id', make: dni },
  { name: 'national id: Sweden', kind: 'national-id', make: personnummer },
  { name: 'national id: UK', kind: 'national-id', make: nino },
  { name: 'national id: France', kind: 'national-id', make: frenchNumber },
]
