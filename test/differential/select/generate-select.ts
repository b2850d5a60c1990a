import { drawStatement, type GeneratedStatement } from './draw-statement.ts'
import type { Leakiness, Schema } from './grammar.ts'
import { writeStatement } from './statement.ts'

/** Draws one statement that reads. The same seed gives the same statement. */
export function generateSelect(seed: number, schema: Schema, leakiness: Leakiness = 13): GeneratedStatement {
  return drawStatement(seed, schema, leakiness, writeStatement)
}
