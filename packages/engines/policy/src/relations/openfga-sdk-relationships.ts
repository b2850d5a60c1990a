import {
  digest,
  inTime,
  isLockstepError,
  LockstepError,
  type OpenableRelationships,
  refuseUnknownOptions,
} from '@lockstep/core'
import { checkMapping, MAPPING_KEYS, type OpenfgaMapping, principalsOf, toEntity } from './relation-attributes.ts'

/** The part of an `OpenFgaClient` of `@openfga/sdk` that relationships need. */
export interface OpenfgaClientShape {
  listObjects(
    body: { user: string; relation: string; type: string },
    options?: { authorizationModelId?: string | undefined; consistency?: string | undefined },
  ): Promise<{ readonly objects: readonly string[] }>
}

/** Options of {@link openfgaSdkRelationships}. */
export interface OpenfgaSdkRelationshipsOptions extends OpenfgaMapping {
  /** An `OpenFgaClient` with its store. */
  readonly client: OpenfgaClientShape
  /** The model that answers: another one that is written meanwhile changes nothing until it is named here. */
  readonly authorizationModelId: string
  /** Milliseconds that all lists of one caller may take together, the client's own retries among them. @defaultValue 1500 */
  readonly timeoutMs?: number | undefined
}

/** A ULID, as OpenFGA names models. */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/**
 * Relationships by a real OpenFGA, through its client: for the option `relationships` of a configuration. Every list is asked for at every question,
 * with the model pinned and `HIGHER_CONSISTENCY`, so a relation that was removed counts at the next step. OpenFGA tells no revision: it is a
 * digest of what was read.
 *
 * A server cuts a list off at its own bound (1,000 unless configured) without saying so: a list that reaches `most` denies with
 * `policy.facts-too-large`. Whatever fails denies with `policy.facts-unavailable`, and an answer that is none with `policy.facts-invalid`.
 * Throws `TypeError` for options that cannot be meant.
 *
 * @example
 * ```ts
 * import { OpenFgaClient } from '@openfga/sdk'
 * import { openfgaSdkRelationships } from '@lockstep/policy'
 *
 * export const relationships = openfgaSdkRelationships({
 *   client: new OpenFgaClient({ apiUrl: 'http://openfga.internal:8080', storeId: '01JMZ0000000000000000000ST' }),
 *   authorizationModelId: '01JMZ0000000000000000000MD',
 *   attributes: { User: { manages: { relation: 'manager', type: 'department' } } },
 * })
 * ```
 */
export function openfgaSdkRelationships(options: OpenfgaSdkRelationshipsOptions): OpenableRelationships {
  const where = 'openfgaSdkRelationships()'
  refuseUnknownOptions(options, ['client', 'authorizationModelId', 'timeoutMs', ...MAPPING_KEYS], where)
  const { client, authorizationModelId, timeoutMs = 1_500 } = options
  const mapping = checkMapping(options, where)
  if (typeof client?.listObjects !== 'function') throw new TypeError(`${where}: \`client\` must be an OpenFgaClient`)
  if (typeof authorizationModelId !== 'string' || !ULID.test(authorizationModelId)) {
    throw new TypeError(`${where}: \`authorizationModelId\` must be the ULID of a model`)
  }
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1)
    throw new TypeError(`${where}: \`timeoutMs\` must be a positive integer`)
  const pinned = { authorizationModelId, consistency: 'HIGHER_CONSISTENCY' }

  async function list(user: string, asked: (typeof mapping.lists)[number]): Promise<readonly string[]> {
    const { relation, type } = asked
    const answer: unknown = await client.listObjects({ user, relation, type }, pinned)
    const objects: unknown = typeof answer === 'object' && answer !== null && 'objects' in answer && answer.objects
    if (!Array.isArray(objects) || !objects.every((one) => isObjectOf(one, type))) {
      throw new LockstepError('policy.facts-invalid')
    }
    if (objects.length >= mapping.most) throw new LockstepError('policy.facts-too-large')
    return [...new Set<string>(objects)].sort()
  }

  return {
    open: async ({ issuers }) => mapping.refuseIssuers(issuers),
    async load(who) {
      const read = async () =>
        Promise.all(
          principalsOf(who).map(async (principal) => {
            const asked = mapping.lists.filter(({ of }) => of === principal.type)
            const user = asked.length > 0 ? mapping.oneUser(principal) : ''
            const lists = new Map(await Promise.all(asked.map(async (one) => [one, await list(user, one)] as const)))
            return toEntity(principal, mapping, (one) => lists.get(one) ?? [])
          }),
        )
      // Without its cause: the client's errors hold the request and the answer.
      const entities = await inTime(read(), timeoutMs).catch((error: unknown) => {
        throw isLockstepError(error) ? error : new LockstepError('policy.facts-unavailable')
      })
      return { entities, revision: digest([authorizationModelId, JSON.stringify(entities)]) }
    },
  }
}

function isObjectOf(one: unknown, type: string): boolean {
  return typeof one === 'string' && one.startsWith(`${type}:`) && one.length > type.length + 1
}
