import { DEPARTMENTS } from './departments.ts'
import type { Employee } from './employees.ts'
import { randomIban } from './iban.ts'
import type { SeededRandom } from './seeded-random.ts'
import { CATEGORIES } from './vendors.ts'

/** Where an expense stands. */
export type ExpenseStatus = 'submitted' | 'approved' | 'rejected' | 'paid'

/** One expense. The amount is in cents, the date is `YYYY-MM-DD`. */
export interface Expense {
  readonly id: string
  readonly dept_id: number
  readonly employee_id: string
  readonly vendor: string
  readonly category: string
  readonly amount: number
  readonly currency: string
  readonly iban: string
  readonly status: ExpenseStatus
  readonly confidential: boolean
  readonly investigation_note: string | null
  readonly submitted_on: string
}

const GENERATED = 4_990
const FIRST_NUMBER = 1_001
const DAY = 86_400_000
const YEAR_START = Date.UTC(2026, 0, 1)
/** 15 November, the day before the expenses of the story. */
const LAST_DAY = 318
/** Everything older than this many days has been decided on. */
const OPEN_DAYS = 60
const NOTES = [
  'Duplicate receipt under review',
  'Vendor linked to a former employee',
  'Amounts split below the approval limit',
  'Awaiting a statement from the works council',
] as const
const WEIGHTED_CATEGORIES = CATEGORIES.flatMap((category) => Array.from({ length: category.weight }, () => category))

/** The expenses of the story, whose ids, amounts and departments it names. */
function storyExpenses(random: SeededRandom): readonly Expense[] {
  const story = (
    id: string,
    dept_id: number,
    employee_id: string,
    vendor: string,
    category: string,
    amount: number,
    note: string | null = null,
  ): Expense => ({
    id,
    dept_id,
    employee_id,
    vendor,
    category,
    amount,
    currency: 'EUR',
    iban: randomIban(random),
    status: 'submitted',
    confidential: note !== null,
    investigation_note: note,
    submitted_on: '2026-11-16',
  })
  return [
    story('INV-8831', 42, 'user:dave', 'Rechenzentrum Nord', 'hardware', 480_000),
    story('INV-9001', 42, 'user:dave', 'Brandt Beratung', 'consulting', 620_000),
    story('INV-9002', 42, 'user:dave', 'Rheinlinie', 'rail', 18_450),
    story('INV-9003', 42, 'user:dave', 'Hotel Adler', 'hotel', 41_200),
    story('INV-9101', 42, 'user:alice', 'Kanzlei Morgenthal', 'legal', 310_000, NOTES[1]),
    story('INV-9102', 42, 'user:bob', 'Ostwind Consulting', 'consulting', 275_000, NOTES[2]),
    story('INV-9103', 42, 'user:dave', 'Kabelwerk', 'hardware', 96_000, NOTES[0]),
    story('INV-9201', 7, 'user:carol', 'Sommer Rechtsanwaelte', 'legal', 540_000, NOTES[3]),
    story('INV-9202', 7, 'user:carol', 'Kaltenbach & Partner', 'consulting', 188_000, NOTES[1]),
  ]
}

/** Makes about five thousand expenses of the year 2026: mostly small ones, a few confidential, those of the story first. */
export function createExpenses(random: SeededRandom, employees: readonly Employee[]): readonly Expense[] {
  const staff = new Map(DEPARTMENTS.map(({ id }) => [id, employees.filter((one) => one.department_id === id)]))
  const story = storyExpenses(random)
  const taken = new Set(story.map(({ id }) => id))
  const generated: Expense[] = []
  for (let number = FIRST_NUMBER; generated.length < GENERATED; number++) {
    const id = `INV-${number}`
    if (!taken.has(id)) generated.push(createExpense(id, random, staff))
  }
  return [...story, ...generated]
}

function createExpense(id: string, random: SeededRandom, staff: ReadonlyMap<number, readonly Employee[]>): Expense {
  const dept_id = random.pick(DEPARTMENTS).id
  const category = random.pick(WEIGHTED_CATEGORIES)
  const day = random.between(0, LAST_DAY)
  const confidential = random.chance(0.02)
  return {
    id,
    dept_id,
    employee_id: random.pick(staff.get(dept_id) ?? []).id,
    vendor: random.pick(category.vendors),
    category: category.name,
    amount: usualAmount(random, category.usual),
    currency: 'EUR',
    iban: randomIban(random),
    status: statusOn(day, random),
    confidential,
    investigation_note: confidential ? random.pick(NOTES) : null,
    submitted_on: new Date(YEAR_START + day * DAY).toISOString().slice(0, 10),
  }
}

/** The smaller of three: small amounts are common, large ones rare. */
function usualAmount(random: SeededRandom, [low, high]: readonly [number, number]): number {
  return Math.min(random.between(low, high), random.between(low, high), random.between(low, high))
}

function statusOn(day: number, random: SeededRandom): ExpenseStatus {
  if (day > LAST_DAY - OPEN_DAYS) return random.chance(0.7) ? 'submitted' : 'approved'
  return random.chance(0.07) ? 'rejected' : random.chance(0.15) ? 'approved' : 'paid'
}
