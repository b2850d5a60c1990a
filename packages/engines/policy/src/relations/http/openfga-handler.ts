import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isJsonObject, type JsonObject, JsonRejection, parseJson, refuseUnknownOptions } from '@lockstep/core'
import type { Relations } from '../open-relations.ts'
import { modelToJson } from './model-to-json.ts'
import { answerOf, type OpenfgaAnswer, OpenfgaError } from './openfga-error.ts'
import { OPERATIONS } from './openfga-operations.ts'
import { invalid, optionalText } from './read-members.ts'

/** Options of {@link createOpenfgaHandler}. */
export interface OpenfgaHandlerOptions {
  /** What is asked and changed: `openfgaRelationships(…).relations`, or what `openRelations` returns. */
  readonly relations: Relations | Promise<Relations>
  /** The keys of which a client must send one (`Authorization: Bearer …`; the client's `CredentialsMethod.ApiToken`). Each of 16 characters or more. */
  readonly keys: readonly string[]
  /** The store's id, a ULID. @defaultValue `01000000000000000000000000` */
  readonly storeId?: string | undefined
}

const BODY_BYTES = 524_288
const BODY_DEPTH = 16
const SHORTEST_KEY = 16
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/**
 * Serves relations as one store of OpenFGA's HTTP API, so that its clients and tools can ask and change them: `check`, `batch-check`,
 * `list-objects`, `list-users`, `read`, `write`, and the one model. Whoever has a key may change who may do what: serve it inside only.
 *
 * A handler for `node:http`, Express or Koa (`ctx.req`, `ctx.res`), mounted where no other reads bodies. Throws `TypeError` for options that cannot
 * be meant.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createOpenfgaHandler, openfgaRelationships } from '@lockstep/policy'
 *
 * declare const relationships: ReturnType<typeof openfgaRelationships>
 * declare const key: string
 *
 * createServer(createOpenfgaHandler({ relations: relationships.relations, keys: [key] })).listen(8080, '127.0.0.1')
 * ```
 */
export function createOpenfgaHandler(
  options: OpenfgaHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { keys, storeId, relations } = checkOptions(options)
  // Whoever asks hears of it; that nobody has asked yet is no fault.
  Promise.resolve(relations).catch(() => undefined)

  async function answer(request: IncomingMessage): Promise<OpenfgaAnswer> {
    if (!isKnown(keys, request.headers.authorization)) {
      throw new OpenfgaError(401, 'unauthenticated', 'send one of the keys as a bearer token')
    }
    const [, stores, store, ...rest] = new URL(request.url ?? '/', 'http://store').pathname.split('/')
    const operation = rest.join('/')
    if (stores !== 'stores' || store === undefined) throw undefinedEndpoint()
    if (store !== storeId) throw new OpenfgaError(404, 'store_id_not_found', 'there is no such store')
    const opened = await relations
    if (request.method === 'GET') return { status: 200, body: readModel(opened, operation, storeId) }
    const run = request.method === 'POST' ? OPERATIONS.get(operation) : undefined
    if (!run) throw undefinedEndpoint()
    const body = parseBody(await readBody(request))
    const model = optionalText(body, 'authorization_model_id')
    if (model !== undefined && model !== opened.model.id) throw modelNotFound()
    return { status: 200, body: await run(opened, body) }
  }

  return async (request, response) => {
    const { status, body } = await answer(request).catch(answerOf)
    // What is left of a body that was refused would be read as the next request.
    if (!request.complete) response.setHeader('connection', 'close')
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(body))
  }
}

function readModel({ model }: Relations, operation: string, storeId: string): object {
  const [models, id, ...more] = operation.split('/')
  const epoch = '1970-01-01T00:00:00Z'
  if (operation === '') return { id: storeId, name: 'lockstep', created_at: epoch, updated_at: epoch }
  if (models !== 'authorization-models' || more.length > 0) throw undefinedEndpoint()
  if (id === undefined) return { authorization_models: [modelToJson(model)], continuation_token: '' }
  if (id !== model.id) throw modelNotFound()
  return { authorization_model: modelToJson(model) }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    // attacker-controlled: whatever its length header says.
    bytes += part.length
    if (bytes > BODY_BYTES) throw invalid('the body is too large')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function parseBody(bytes: Buffer): JsonObject {
  try {
    const body = parseJson(bytes, { maxBytes: BODY_BYTES, maxDepth: BODY_DEPTH })
    if (isJsonObject(body)) return body
  } catch (error) {
    if (!(error instanceof JsonRejection)) throw error
  }
  throw invalid('the body must be one JSON object')
}

/** Compares digests, so that the time tells nothing about a key. */
function isKnown(keys: readonly Buffer[], authorization = ''): boolean {
  const [scheme = '', key = ''] = authorization.split(' ')
  const sent = digestOf(key)
  const found = keys.filter((known) => timingSafeEqual(known, sent))
  return scheme.toLowerCase() === 'bearer' && found.length > 0
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function undefinedEndpoint(): OpenfgaError {
  return new OpenfgaError(404, 'undefined_endpoint', 'there is no such endpoint here')
}

function modelNotFound(): OpenfgaError {
  return new OpenfgaError(400, 'authorization_model_not_found', 'there is no such model')
}

function checkOptions({ ...options }: OpenfgaHandlerOptions) {
  const where = 'createOpenfgaHandler()'
  refuseUnknownOptions(options, ['relations', 'keys', 'storeId'], where)
  const { relations, keys, storeId = '01000000000000000000000000' } = options
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => /^[\x21-\x7e]+$/.test(key))) {
    throw new TypeError(`${where}: \`keys\` must be at least one text of visible ASCII`)
  }
  if (keys.some((key: string) => key.length < SHORTEST_KEY)) {
    throw new TypeError(`${where}: a key must have at least ${SHORTEST_KEY} characters`)
  }
  if (typeof storeId !== 'string' || !ULID.test(storeId)) throw new TypeError(`${where}: \`storeId\` must be a ULID`)
  if (typeof relations !== 'object' || relations === null) throw new TypeError(`${where}: \`relations\` are missing`)
  return { keys: keys.map(digestOf), storeId, relations }
}
