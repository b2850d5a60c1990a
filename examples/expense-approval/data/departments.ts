/** One department. */
export interface Department {
  readonly id: number
  readonly name: string
}

/** The six departments of the company. */
export const DEPARTMENTS: readonly Department[] = [
  { id: 7, name: 'Legal' },
  { id: 11, name: 'Engineering' },
  { id: 23, name: 'Sales' },
  { id: 42, name: 'Operations' },
  { id: 57, name: 'Marketing' },
  { id: 63, name: 'People' },
]
