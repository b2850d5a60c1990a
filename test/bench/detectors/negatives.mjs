import { createHash } from 'node:crypto'
import { ALPHANUMERIC, HEX, UPPER } from './random.mjs'

function uuid(r) {
  return `${r.text(8, HEX)}-${r.text(4, HEX)}-4${r.text(3, HEX)}-${r.pick('89ab')}${r.text(3, HEX)}-${r.text(12, HEX)}`
}

function two(number) {
  return String(number).padStart(2, '0')
}

/** Digits as long as those of a card, of which Luhn's sum is not a multiple of ten. */
function noCard(r) {
  const digits = r.pick('4532').concat(r.digits(14))
  const sum = [...digits].reverse().reduce((total, one, index) => {
    const digit = Number(one) * (index % 2 === 0 ? 2 : 1)
    return total + (digit > 9 ? digit - 9 : digit)
  }, 0)
  return `${digits}${(11 - (sum % 10)) % 10}`
}

/** What looks like a secret or a person's data and is none. */
export const negatives = [
  { name: 'UUID', make: uuid },
  { name: 'SHA-256 in hexadecimal', make: (r) => createHash('sha256').update(r.digits(9)).digest('hex') },
  { name: 'Git commit', make: (r) => r.text(40, HEX) },
  { name: 'short commit', make: (r) => r.text(7 + r.below(4), HEX) },
  { name: 'integrity hash', make: (r) => `sha512-${createHash('sha512').update(r.digits(9)).digest('base64')}` },
  { name: 'order number', make: (r) => `${r.pick(['ORD-', 'INV-2026-', 'PO ', '#'])}${r.digits(6 + r.below(5))}` },
  { name: 'digits that fail the sum of cards', make: noCard },
  { name: 'IBAN with a wrong check', make: (r) => `DE00${r.digits(18)}` },
  {
    name: 'ISO date and time',
    make: (r) =>
      `20${10 + r.below(20)}-${two(1 + r.below(12))}-${two(1 + r.below(28))}T${two(r.below(24))}:${two(r.below(60))}:00Z`,
  },
  { name: 'milliseconds since the epoch', make: (r) => String(1_600_000_000_000 + r.below(4e11)) },
  { name: 'version', make: (r) => `v${r.below(30)}.${r.below(40)}.${r.below(99)}-beta.${r.below(20)}` },
  {
    name: 'IP address and port',
    make: (r) => `10.${r.below(256)}.${r.below(256)}.${r.below(256)}:${1024 + r.below(60000)}`,
  },
  { name: 'amount', make: (r) => `EUR ${1 + r.below(999)},${r.digits(3)}.${r.digits(2)}` },
  { name: 'coordinates', make: (r) => `${r.below(90)}.${r.digits(6)}, ${r.below(180)}.${r.digits(6)}` },
  { name: 'image as base64', make: (r) => `data:image/png;base64,iVBORw0KGgo${r.text(160, `${ALPHANUMERIC}+/`)}==` },
  { name: 'ISBN', make: (r) => `978-3-${r.digits(2)}-${r.digits(6)}-${r.digits(1)}` },
  { name: 'part number', make: (r) => `${r.text(3, UPPER)}-${r.digits(4)}-${r.text(2, UPPER)}` },
  {
    name: 'a template of a setting',
    make: (r) =>
      `password: ${r.pick(['', '$' + '{DB_PASSWORD}', '<your password>', '********', 'process.env.PASSWORD'])}`,
    carriers: ['%', 'config: %\n'],
  },
  {
    name: 'code',
    make: (r) => `for (let i${r.below(9)} = 0; i < ${r.digits(4)}; i += ${1 + r.below(8)}) sum += rows[i].total`,
    carriers: ['%\n'],
  },
  {
    name: 'prose',
    make: (r) =>
      r.pick([
        'We met at 10:30 in room 204 with 12 people and 3 guests.',
        'Am 3. Mai 2026 stieg der Wert um 4,5 % auf 1.234.567 Stück.',
        'The token bucket refills; a password is required; see section 4.2.1.',
        'La réunion du 12 mars 2026 compte 45 participants et 3 absents.',
        '会議は2026年3月1日の午後3時からです。参加者は12345人です。',
      ]),
    carriers: ['%'],
  },
]
