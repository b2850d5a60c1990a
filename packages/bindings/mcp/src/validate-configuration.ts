import {
  type CustomMask,
  LockstepError,
  type Notifier,
  type NotifyObligation,
  type ObligationMessage,
  type ObligationValue,
  type OwnObligation,
} from '@lockstep/core'
import { KINDS } from '@lockstep/execution/egress'
import { z } from 'zod'
import type { LockstepConfiguration } from './configuration.ts'
import { REVOKING_EVENTS } from './events/event-transmitter.ts'
import { declarationShapes, rateLimit, toolRateLimits } from './validate-declarations.ts'
import { historyShape } from './validate-history.ts'

const mode = z.enum(['observe', 'enforce'])
const name = z.string().min(1)
const qualified = z.string().regex(/^[A-Za-z_][\w$]*\.[^.\s]+$/, 'expected a name with its schema')
const callable = z.custom((value) => typeof value === 'function', 'expected a function')
const visible = z.string().regex(/^[\p{L}\p{N}\p{P}\p{Zs}]{1,128}$/u)
/** Whether an object, of whatever class, has these members. */
const holds = (value: unknown, members: z.ZodRawShape) => z.object(members).safeParse(value).success
const port = (...methods: readonly string[]) =>
  z.custom(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
    `expected an object with ${methods.map((method) => `\`${method}\``).join(', ')}`,
  )

const issuedBy = {
  issuer: name,
  jwksUri: z.url().optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).optional(),
}
const count = z.int().positive()
const waiting = z.int().min(1).max(10_000)
const approver = z.strictObject({ relation: name, of: name })

const mask = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('constant'), text: z.string() }),
  z.strictObject({ kind: z.literal('last'), keep: z.int().min(0).max(64) }),
  z.strictObject({ kind: z.literal('hash'), domain: name.optional() }),
  z.strictObject({ kind: z.literal('year') }),
  z.strictObject({ kind: z.literal('bucket'), width: count }),
  z.strictObject({ kind: z.literal('custom'), name }),
])
const asNull = z.literal('null').optional()
const column = z.strictObject({
  type: name,
  attribute: name.optional(),
  entity: name.optional(),
  optional: z.literal(true).optional(),
  class: name.optional(),
  mask: mask.optional(),
  partialCells: asNull,
  hiddenColumns: asNull,
})
const table = z.strictObject({
  entity: name,
  kind: z.enum(['view', 'materialized view', 'foreign table', 'function']).optional(),
  arguments: z.array(name).optional(),
  key: name.optional(),
  columns: z.record(name, column),
  members: z
    .record(name, z.strictObject({ view: name, key: name, column: name, type: name, entity: name.optional() }))
    .optional(),
  parents: z.record(name, z.strictObject({ column: name })).optional(),
  partialCells: asNull,
  hiddenColumns: asNull,
  labels: z.record(name, z.strictObject({ column: name })).optional(),
})

const relationName = z.string().regex(/^[a-z_]\w*\.[a-z_]\w*$/i, 'expected `schema.view`')
const issuer = z.union([z.strictObject({ column: name }), z.strictObject({ only: name })])
const relation = { view: relationName, key: name, column: name, issuer: issuer.optional() }
const relations = z.record(
  name,
  z.strictObject({
    attributes: z
      .record(
        name,
        z.strictObject({ ...relation, otherwise: z.union([z.boolean(), z.number(), z.string()]).optional() }),
      )
      .optional(),
    parents: z.record(name, z.strictObject(relation)).optional(),
  }),
)

const configuration = z.strictObject({
  resource: z.url({ protocol: /^https?$/ }),
  issuers: z.array(z.custom((value) => typeof value === 'object' && value !== null, 'expected an issuer')).min(1),
  ...declarationShapes,
  policies: name.optional(),
  manifest: name.optional(),
  policyEngine: z.enum(['lockstep', 'cedar-wasm']).optional(),
  policyComparison: z
    .strictObject({ fraction: z.number().positive().max(1), onDisagreement: callable.optional() })
    .optional(),
  policyLoading: z.strictObject({ milliseconds: count.optional(), megabytes: count.optional() }).optional(),
  policyActors: z.literal('any').optional(),
  tables: z.record(z.string().regex(/^[a-z_]\w*\.[a-z_]\w*$/i, 'expected `schema.table`'), table).optional(),
  database: port('query')
    .refine((value) => holds(value, { as: name.optional() }), 'expected `as` to name a role')
    .optional(),
  catalog: name.optional(),
  floor: z
    .strictObject({
      writer: port('query'),
      role: name.optional(),
      writerRole: name.optional(),
      owner: name.optional(),
      exempt: z.array(name).optional(),
      schema: z
        .string()
        .regex(/^[a-z_]\w*$/i, 'expected the name of a schema')
        .optional(),
      partialColumns: z.enum(['withhold', 'grant']).optional(),
    })
    .optional(),
  resources: port('load')
    .refine(
      (value) => holds(value, { authority: visible, types: z.array(name).min(1) }),
      'expected `authority`, 1 to 128 visible characters, and `types`, the entity types that are loaded',
    )
    .optional(),
  relationships: z
    .union([port('load'), relations], 'expected a source with `load`, or relations as of `defineRelations()`')
    .optional(),
  history: historyShape.optional(),
  acrValues: z.array(name).optional(),
  maxAges: z.array(z.int().min(0).max(31_536_000)).optional(),
  proof: z
    .strictObject({
      algorithms: z.array(name).min(1).optional(),
      window: z.number().min(10).max(300).optional(),
      nonce: z.literal('required').optional(),
      certificates: z.literal('accepted').optional(),
    })
    .optional(),
  workloads: z.record(name, z.strictObject({ authorities: z.union([name, callable]) })).optional(),
  mediators: z.array(name).optional(),
  actors: z.record(name, name).optional(),
  autonomous: z.array(name).optional(),
  scopes: z.array(name).optional(),
  trustDomain: name.optional(),
  transactions: z.strictObject(issuedBy).optional(),
  transactionKeys: z.strictObject({ rotateAfterDays: z.int().min(1).max(365).optional() }).optional(),
  legacyTransactions: z.strictObject({ ...issuedBy, audiences: z.record(name, name), subjectIssuer: name }).optional(),
  approvers: z
    .union(
      [
        approver,
        z
          .array(approver)
          .min(1)
          .max(3)
          .refine((rules) => new Set(rules.map(({ relation }) => relation)).size === rules.length),
      ],
      'expected `relation` and `of`, names of attributes, or a list of up to three, each of another relation',
    )
    .optional(),
  approvals: z
    .strictObject({
      lifetimeMs: z.int().min(1000).max(604_800_000).optional(),
      waiting: z.strictObject({ caller: waiting.optional(), asked: waiting.optional() }).optional(),
      requests: rateLimit,
      notifier: port('notify').optional(),
    })
    .optional(),
  pages: z
    .strictObject({
      issuer: name,
      clientId: name,
      clientSecret: name.optional(),
      origin: z
        .url({ protocol: /^https?$/ })
        .refine((url) => new URL(url).origin === url, 'expected an origin without a path')
        .optional(),
      stepUp: z.boolean().optional(),
    })
    .optional(),
  state: z.union([name, port('open')], 'expected `memory`, a folder or a source as `postgresState()`').optional(),
  revocation: z.strictObject({ bound: z.int().min(500).max(60_000).optional() }).optional(),
  audit: port('append').optional(),
  publicPaths: z.array(z.string().startsWith('/')).optional(),
  origins: z.array(name).optional(),
  events: z
    .array(
      z.strictObject({
        ...issuedBy,
        audience: name,
        algorithms: z.array(name).min(1).optional(),
        authorization: name.optional(),
        speaksFor: z.array(name).min(1).optional(),
        ignore: z.array(z.enum(REVOKING_EVENTS)).optional(),
        subjectOf: callable.optional(),
      }),
    )
    .min(1)
    .optional(),
  mode: z
    .union([
      mode,
      z.strictObject({
        gateway: mode.optional(),
        discovery: mode.optional(),
        invocation: mode.optional(),
        execution: mode.optional(),
      }),
    ])
    .optional(),
  functions: z.array(qualified).optional(),
  masks: z
    .strictObject({
      key: z.string().optional(),
      custom: z
        .record(
          z.string(),
          z.strictObject({
            sql: z.string(),
            apply: z.custom<CustomMask['apply']>((value) => typeof value === 'function'),
          }),
        )
        .optional(),
    })
    .optional(),
  obligations: z
    .strictObject({
      notify: z
        .custom<NotifyObligation | Notifier<ObligationMessage>>(
          (value) => typeof value === 'function' || port('notify').safeParse(value).success,
          'expected a function, or an object with `notify`',
        )
        .optional(),
      redactText: z
        .strictObject({
          kinds: z
            .array(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a kind, as `email`'))
            .min(1)
            .optional(),
          detectors: z.array(z.instanceof(URL)).optional(),
          deadline: count.max(4_000, 'a result waits 5 seconds for its obligations').optional(),
          mostCharacters: count.optional(),
          mostWaiting: count.optional(),
        })
        .refine(({ kinds = [], detectors = [] }) => detectors.length > 0 || kinds.every(isKnownKind), {
          message: 'a kind that no detector finds: nothing would be removed',
        })
        .optional(),
      own: z
        .record(
          z.string(),
          z.strictObject({
            value: z.custom<ObligationValue>((value) => typeof value === 'object' && value !== null),
            apply: z.custom<OwnObligation['apply']>((value) => typeof value === 'function'),
          }),
        )
        .optional(),
    })
    .optional(),
  operators: z.array(qualified).optional(),
  types: z.array(qualified).optional(),
  searchPath: z
    .array(z.string().regex(/^[a-z_]\w*$/i, 'expected the name of a schema'))
    .min(1)
    .optional(),
  limits: z
    .strictObject({
      bodyBytes: count.optional(),
      bodyDepth: count.max(512).optional(),
      headerBytes: count.optional(),
      answerBytes: count.optional(),
      callMs: count.optional(),
      consentMs: z.int().min(0).max(25_000).optional(),
      labelMs: count.optional(),
      factsMs: count.max(60_000).optional(),
      stateMs: count.max(60_000).optional(),
      factValues: count.max(1_000_000).optional(),
      statementBytes: count.max(1_048_576).optional(),
    })
    .optional(),
  decisions: z.strictObject({ keep: z.literal('inputs'), file: name.optional() }).optional(),
  verification: z.enum(['fast', 'jose']).optional(),
  rateLimits: z.strictObject({ subject: rateLimit, actor: rateLimit, ...toolRateLimits }).optional(),
  denialCode: z
    .int()
    .refine((value) => value < -32768 || value > -32000, 'expected a code outside the range that JSON-RPC reserves')
    .optional(),
  onRewrite: callable.optional(),
  onPolicyError: callable.optional(),
  clock: callable.optional(),
})

/**
 * Checks the shape of a configuration; unknown keys are refused, so that a misspelt option cannot be silently ignored.
 *
 * @throws LockstepError `configuration.invalid` naming every option that is wrong, and the file
 */
export function validateConfiguration(value: unknown, file: string): LockstepConfiguration {
  const result = configuration.safeParse(value)
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `\`${path.map(String).join('.') || 'default'}\`: ${message}`,
    )
    throw new LockstepError('configuration.invalid', `${file}: ${problems.join('; ')}`)
  }
  const { resource, publicPaths = [], pages, issuers } = value as LockstepConfiguration
  if (pages && !issuers.some(({ issuer }) => issuer === pages.issuer)) {
    throw new LockstepError('configuration.invalid', `${file}: \`pages.issuer\`: expected one of \`issuers\``)
  }
  if (publicPaths.includes(new URL(resource).pathname)) {
    throw new LockstepError(
      'configuration.invalid',
      `${file}: \`publicPaths\`: the path of \`resource\` cannot be public`,
    )
  }
  return value as LockstepConfiguration
}

function isKnownKind(kind: string): boolean {
  return KINDS.some((known) => known === kind)
}
