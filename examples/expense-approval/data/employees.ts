import { DEPARTMENTS } from './departments.ts'
import type { SeededRandom } from './seeded-random.ts'

/** One employee. The salary is yearly, in cents. */
export interface Employee {
  readonly id: string
  readonly name: string
  readonly department_id: number
  readonly salary: number
}

const FIRST_NAMES = [
  'Amira',
  'Jonas',
  'Lea',
  'Mateo',
  'Nina',
  'Oskar',
  'Priya',
  'Ruben',
  'Sofia',
  'Tomas',
  'Ulla',
  'Viktor',
  'Wanda',
  'Yusuf',
  'Zoe',
] as const

const LAST_NAMES = [
  'Albers',
  'Brenner',
  'Castillo',
  'Dorn',
  'Eriksen',
  'Fuchs',
  'Garcia',
  'Hartmann',
  'Ivanov',
  'Jansen',
  'Keller',
  'Lorenz',
  'Moreau',
  'Nowak',
  'Okafor',
] as const

const EMPLOYEES_PER_DEPARTMENT = 20

/** The people of the story. They are accounts of the authorization server too. */
const FIXTURE_EMPLOYEES: readonly Employee[] = [
  { id: 'user:alice', name: 'Alice Weber', department_id: 42, salary: 9_800_000 },
  { id: 'user:bob', name: 'Bob Lindner', department_id: 42, salary: 9_100_000 },
  { id: 'user:carol', name: 'Carol Meinhardt', department_id: 7, salary: 8_700_000 },
  { id: 'user:dave', name: 'Dave Osei', department_id: 42, salary: 6_200_000 },
]

/** Makes the employees of every department, those of the story first. Their ids are `user:<first>.<last>`. */
export function createEmployees(random: SeededRandom): readonly Employee[] {
  const names = FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`))
  const generated = DEPARTMENTS.flatMap((department) =>
    Array.from({ length: EMPLOYEES_PER_DEPARTMENT }, () => {
      const [name = ''] = names.splice(random.between(0, names.length - 1), 1)
      return {
        id: `user:${name.toLowerCase().replace(' ', '.')}`,
        name,
        department_id: department.id,
        salary: random.between(42_000, 118_000) * 100,
      }
    }),
  )
  return [...FIXTURE_EMPLOYEES, ...generated]
}
