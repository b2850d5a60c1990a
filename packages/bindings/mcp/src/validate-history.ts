import { readWindow } from '@lockstep/core'
import { z } from 'zod'

/** Names that a policy writes between quotes, and that mean nothing to JavaScript. */
const counterName = z
  .string()
  .regex(/^[a-z][a-zA-Z0-9-]{0,63}$/, 'expected letters, digits and dashes, a small letter first')
  .refine((name) => name !== 'constructor' && name !== 'toJSON', 'means something else')
const tools = z.array(z.string().min(1)).min(1)
const window = z
  .string()
  .refine((text) => readWindow(text) !== undefined, 'expected a window like `24 hours`, of at most 366 days')
const per = z.enum(['subject', 'actor', 'subject+actor'])
const path = z.string().regex(/^[^.]+(\.[^.]+){0,7}$/, 'expected the name of an argument, or names with dots between')
const attribute = z.string().min(1)
const amount = z.union(
  [
    z.strictObject({ attribute, currency: z.strictObject({ attribute }).optional() }),
    z.strictObject({ argument: path, currency: z.strictObject({ argument: path }).optional() }),
  ],
  'expected `attribute` or `argument`, and where the `currency` stands',
)

/** The shape of the option `history`. */
export const historyShape = z.strictObject({
  sums: z
    .record(
      counterName,
      z.strictObject({
        currency: z.string().regex(/^[A-Z]{3}$/, 'expected a currency of ISO 4217'),
        window,
        per,
        tools: z.record(z.string().min(1), amount).refine((named) => Object.keys(named).length > 0, 'expected a tool'),
        seenBy: tools.optional(),
      }),
    )
    .optional(),
  counts: z.record(counterName, z.strictObject({ window, per, tools, seenBy: tools.optional() })).optional(),
  uses: tools.optional(),
  anomaly: z
    .strictObject({
      tools,
      score: z
        .custom(
          (value) => typeof value === 'object' && value !== null && typeof Reflect.get(value, 'score') === 'function',
          'expected an object with `score`',
        )
        .optional(),
      milliseconds: z.int().positive().max(10_000).optional(),
      onFailure: z.enum(['deny', 'highest']).optional(),
    })
    .optional(),
  remember: window.optional(),
})
