import { z } from 'zod'
import { sendsShape } from './validate-sends.ts'

const name = z.string().min(1)
const count = z.int().positive()

/** A rate, as `rateLimits` and `approvals` have it too. */
export const rateLimit = z.strictObject({ points: count, seconds: count.max(86_400) }).optional()

/** The limits of one tool, or of all. */
export const toolRateLimits = { tool: rateLimit, toolPerSubject: rateLimit }

// RFC 6749 section 3.3: scopes are also put between quotes in a challenge.
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'expected visible ASCII without quotes')

/** What is declared of everything that is called. */
const called = {
  action: name.optional(),
  sensitivity: name.max(128).optional(),
  scopes: z.array(scope).optional(),
  rateLimits: z.strictObject(toolRateLimits).optional(),
}

const declared = {
  ...called,
  resource: z.strictObject({ type: name, argument: name }).optional(),
  transaction: z.enum(['required', 'optional']).optional(),
  shows: z
    .array(z.string().regex(/^(?:resource|arguments)\.\w+$/, 'expected `resource.<attribute>` or `arguments.<member>`'))
    .max(16)
    .optional(),
  output: z.record(name, z.union([z.literal('sql'), z.literal('public'), z.strictObject({ entity: name })])).optional(),
  outputSchema: z.record(z.string(), z.json()).optional(),
  mode: z.enum(['observe', 'enforce']).optional(),
  sends: sendsShape,
}

const completions = z
  .record(
    name,
    z.strictObject({
      ...called,
      values: z.union([
        z.literal('public'),
        z.strictObject({ column: name }),
        z.strictObject({ entity: name, column: name }),
      ]),
    }),
  )
  .optional()

function boundOnce<S extends z.ZodRawShape>(shape: S) {
  return z
    .strictObject(shape)
    .refine(
      (value) => !('output' in value && value.output !== undefined && 'outputSchema' in value && value.outputSchema),
      'expected either `output` or `outputSchema`',
    )
}

/** The shapes of what a configuration declares: tools, resources and prompts. */
export const declarationShapes = {
  tools: z.record(name, boundOnce({ ...declared, service: z.url({ protocol: /^https?$/ }).optional() })),
  resourceTemplates: z.record(name, boundOnce({ ...declared, uri: name, completions })).optional(),
  prompts: z.record(name, boundOnce({ ...declared, completions })).optional(),
}
