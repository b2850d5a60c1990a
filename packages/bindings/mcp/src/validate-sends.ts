import { z } from 'zod'

const binding = z.union([z.literal('public'), z.record(z.string(), z.json())]).optional()
const word = z.string().regex(/^[\w.:/-]{1,64}$/, 'expected 1 to 64 letters, digits and `.:/-_`')
const origin = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).origin === url, 'expected an origin without a path')

/** The shape of what a tool may send by itself. */
export const sendsShape = z
  .strictObject({
    progress: binding,
    logs: z
      .strictObject({
        data: z.union([z.literal('public'), z.record(z.string(), z.json())]),
        loggers: z.array(word).max(64).optional(),
      })
      .optional(),
    errors: binding,
    asks: z
      .strictObject({
        form: binding,
        page: z.strictObject({ origins: z.array(origin).min(1).max(64), text: binding }).optional(),
        sampling: binding,
        roots: z.literal(true).optional(),
      })
      .optional(),
  })
  .optional()
