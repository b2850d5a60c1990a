import { readFile } from 'node:fs/promises'
import { basename, resolve as resolvePath } from 'node:path'
import {
  isLockstepError,
  LockstepError,
  type OpenableRelationships,
  type RelationTuples,
  refuseUnknownOptions,
} from '@lockstep/core'
import { openRelations, type RelationLimits, type Relations } from './open-relations.ts'
import { readRelationModel } from './read-relation-model.ts'
import {
  type CheckedMapping,
  checkMapping,
  MAPPING_KEYS,
  type OpenfgaMapping,
  principalsOf,
  toEntity,
} from './relation-attributes.ts'

/** Options of {@link openfgaRelationships}. */
export interface OpenfgaRelationshipsOptions extends OpenfgaMapping {
  /** The model: a file (`{ file: './policies/relations.fga' }`, beside the configuration), text in OpenFGA's language, or its JSON. */
  readonly model: string | object | { readonly file: string }
  /** Where tuples are kept. @defaultValue the state of the instance that this is configured for */
  readonly tuples?: RelationTuples | undefined
  readonly limits?: RelationLimits | undefined
}

/** Relationships by an OpenFGA model, evaluated in this process: for the option `relationships` of a configuration. */
export interface OpenfgaRelationships extends OpenableRelationships {
  /** The model over its tuples, to ask and to change. Resolves once both are there. */
  readonly relations: Promise<Relations>
}

/**
 * Relationships by an OpenFGA model of schema 1.1 over tuples in the state. Before each question the tuples are brought up to date, so a relation
 * that was removed counts at the next step, in this process and, over a shared state, in every other.
 *
 * `load` rejects with `state.unavailable`; with `policy.facts-too-large` for a list beyond `most`; and with `policy.facts-unavailable` for an id
 * that is none in OpenFGA (give `userOf`), for a question beyond `limits`, and before it is opened. Opening rejects with `policy.invalid` for a
 * model that is none, or that lacks what the mapping names. Throws `TypeError` for options that cannot be meant.
 *
 * @example
 * ```ts
 * import { openfgaRelationships } from '@lockstep/policy'
 *
 * export const relationships = openfgaRelationships({
 *   model: { file: './policies/relations.fga' },
 *   attributes: { User: { manages: { relation: 'manager', type: 'department' } } },
 *   parents: { User: [{ relation: 'member', type: 'role' }] },
 * })
 * // Later, anywhere in the same process:
 * await (await relationships.relations).change({
 *   writes: [{ user: 'user:alice', relation: 'manager', object: 'department:42' }],
 * })
 * ```
 */
export function openfgaRelationships(options: OpenfgaRelationshipsOptions): OpenfgaRelationships {
  const where = 'openfgaRelationships()'
  refuseUnknownOptions(options, ['model', 'tuples', 'limits', ...MAPPING_KEYS], where)
  const mapping = checkMapping(options, where)
  if (typeof options.model !== 'string' && (typeof options.model !== 'object' || options.model === null)) {
    throw new TypeError(`${where}: \`model\` must be a model, or { file }`)
  }
  let resolve: (relations: Relations) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const opened = new Promise<Relations>((...settle) => {
    ;[resolve, reject] = settle
  })
  // Whoever asks hears of it; nobody asking is no fault.
  opened.catch(() => undefined)
  let isOpening = false
  let ready: Relations | undefined

  async function open(tuples: RelationTuples, base: string): Promise<void> {
    if (isOpening) throw new LockstepError('configuration.invalid', '`relationships` are in use by another instance')
    isOpening = true
    try {
      const { text, file } = await readModel(options.model, base)
      const model = await readRelationModel(text, file)
      checkAgainstModel(mapping, model.types, file)
      const relations = openRelations({ model, tuples, limits: options.limits })
      // The tuples are in memory before the first caller waits for them.
      await relations.ask(() => undefined)
      ready = relations
      resolve(relations)
    } catch (error) {
      reject(error)
      throw error
    }
  }

  if (options.tuples) open(options.tuples, '.').catch(() => undefined)

  return {
    relations: opened,
    open: async ({ tuples, base, issuers }) => {
      mapping.refuseIssuers(issuers)
      if (options.tuples) await opened
      else await open(tuples, base)
    },
    async load(who) {
      const relations = options.tuples ? await opened : ready
      if (!relations) throw new LockstepError('policy.facts-unavailable', 'the relations are not open')
      try {
        return await relations.ask((now) => ({
          entities: principalsOf(who).map((principal) => {
            const user = mapping.lists.some(({ of }) => of === principal.type) ? mapping.oneUser(principal) : ''
            return toEntity(principal, mapping, ({ relation, type }) => now.listObjects({ user, relation, type }))
          }),
          revision: now.revision,
        }))
      } catch (error) {
        // Without its cause: it may say which of the model's types somebody is not.
        throw isLockstepError(error) ? error : new LockstepError('policy.facts-unavailable')
      }
    },
  }
}

async function readModel(model: OpenfgaRelationshipsOptions['model'], base: string) {
  if (typeof model === 'string' || !('file' in model)) return { text: model, file: 'relations.fga' }
  const { file } = model
  if (typeof file !== 'string') throw new TypeError('openfgaRelationships(): `model.file` must be a path')
  const text = await readFile(resolvePath(base, file), 'utf8').catch(() => {
    throw new LockstepError('policy.invalid', `\`${file}\` could not be read`)
  })
  return { text, file: basename(file) }
}

function checkAgainstModel({ lists }: CheckedMapping, types: Relations['model']['types'], file: string): void {
  for (const { relation, type } of lists) {
    if (!types.get(type)?.has(relation)) {
      throw new LockstepError(
        'policy.invalid',
        `${file}: \`relationships\` name \`${type}#${relation}\`, which the model lacks`,
      )
    }
  }
}
