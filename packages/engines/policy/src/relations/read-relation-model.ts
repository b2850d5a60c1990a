import { createHash } from 'node:crypto'
import { canonicalJson, type JsonValue } from '@lockstep/core'
import { lineAt, policyMistake } from '../policy-mistake.ts'
import { parseModel } from './parse-model.ts'
import type { RelationModel, RelationTypes } from './relation-model.ts'
import { resolveModel } from './resolve-model.ts'

/** As OpenFGA bounds it, in characters. */
const MOST_CHARACTERS = 262_144
const MOST_PARENTHESES = 64
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Reads an OpenFGA model of schema 1.1, in its language or as JSON (text or parsed), and validates it. Parsing the language and checking its
 * rules (entry points, cycles of computed relations) is the library's work; evaluating needs only what comes out here.
 *
 * @param file names the model in messages
 * @throws LockstepError `policy.invalid`: what is wrong, with the line, also for what is not supported (conditions, other schemas)
 */
export async function readRelationModel(given: string | object, file = 'relations.fga'): Promise<RelationModel> {
  const complain = (says: string, line?: number) => policyMistake([{ file, says, line }])
  if (typeof given === 'string' && given.length > MOST_CHARACTERS) {
    throw complain(`expected at most ${MOST_CHARACTERS} characters`)
  }
  const library = await loadLibrary()
  const json = typeof given === 'string' && !isJson(given) ? library.toJson(given, complain) : readJson(given, complain)
  const types = parseModel(json, file)
  resolveModel(types, file)
  library.validate(json, complain)
  return { id: idOf(types), types }
}

type Complain = (says: string, line?: number) => Error
const isJson = (text: string) => text.trimStart().startsWith('{')

function readJson(given: string | object, complain: Complain): unknown {
  try {
    return typeof given === 'string' ? JSON.parse(given) : given
  } catch {
    throw complain('expected JSON')
  }
}

/** Loaded here: its grammar takes as long to load as cedar-wasm, and only a start needs it. */
async function loadLibrary() {
  const { transformer, validator } = (await import('@openfga/syntax-transformer')).default
  return {
    toJson(text: string, complain: Complain): unknown {
      const depth = deepest(text)
      if (depth.most > MOST_PARENTHESES)
        throw complain(`expected at most ${MOST_PARENTHESES} nested parentheses`, depth.line)
      try {
        return transformer.transformDSLToJSONObject(text)
      } catch (error) {
        throw complain(messageOf(error), lineOf(error))
      }
    },
    validate(json: unknown, complain: Complain): void {
      try {
        validator.validateJSON(json as Parameters<typeof validator.validateJSON>[0])
      } catch (error) {
        throw complain(messageOf(error))
      }
    },
  }
}

function deepest(text: string): { readonly most: number; readonly line: number } {
  let depth = 0
  let most = 0
  let position = 0
  for (const { 0: sign, index } of text.matchAll(/[()]/g)) {
    depth += sign === '(' ? 1 : -1
    if (depth > most) {
      most = depth
      position = index
    }
  }
  return { most, line: lineAt(text, position) }
}

/** The library's own words about the first mistake: names of the model, and what its grammar expected. */
function messageOf(error: unknown): string {
  const [first] = errorsOf(error)
  const says = first?.msg ?? (error instanceof Error ? error.message : 'it does not parse')
  return says.replace(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, 300)
}

function lineOf(error: unknown): number | undefined {
  const line = errorsOf(error)[0]?.line?.start
  // The library counts from 0.
  return typeof line === 'number' ? line + 1 : undefined
}

function errorsOf(error: unknown): readonly { readonly msg?: string; readonly line?: { readonly start?: number } }[] {
  return typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors)
    ? error.errors
    : []
}

/** 128 bits of a digest as a ULID, whose first character is at most 7. */
function idOf(types: RelationTypes): string {
  const plain = [...types].map(([type, relations]) => [type, [...relations]])
  const digest = createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(plain)) as JsonValue))
    .digest()
  let bits = digest.subarray(0, 16).reduce((number, byte) => number * 256n + BigInt(byte), 0n)
  let id = ''
  for (let index = 0; index < 26; index += 1) {
    id = CROCKFORD[Number(bits % 32n)] + id
    bits /= 32n
  }
  return id
}
