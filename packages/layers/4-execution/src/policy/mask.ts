import { createHmac } from 'node:crypto'
import { LockstepError, type MaskDeclaration, type MaskOptions } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import { call, cast, choose, integer, nothing, operation, TEXT, text } from '../statement/ast.ts'
import { bucketNode, bucketOf } from './mask-bucket.ts'
import { hashNode } from './mask-hash.ts'
import type { MaskTemplate } from './mask-template.ts'
import { yearNode, yearOf } from './mask-year.ts'
import type { Bind } from './row-scope.ts'

/** A presentation of cells, made at their source: the same in SQL and in TypeScript. */
export interface Mask {
  /** Whether it shows texts, which makes the whole column one. */
  readonly isText: boolean
  /** @param cell the column */
  node(cell: Node, bind: Bind): Node
  /** Over a JSON value as a result carries it; null for a value that the mask does not know. */
  value(value: unknown): string | null
}

/** A column that is masked. */
export interface MaskedColumn {
  /** As `Entity.column`: a domain of hashes. */
  readonly name: string
  /** PostgreSQL type, as in the mapping. */
  readonly stored: string
  readonly type: TypeName
}

/** Always four, so that a mask does not tell how long the value is. */
const ASTERISKS = '****'

/** The mask of a column that declares none. */
const NO_PRESENTATION: MaskDeclaration = { kind: 'null' }

const TEXTUAL = /^(text|character varying(\(\d+\))?|smallint|integer|bigint|uuid)$/
const DATED = /^(date|timestamp(\([0-6]\))? with(out)? time zone)$/
const NUMBERS = /^(smallint|integer|bigint|numeric(\(\d+,\d+\))?)$/
/** Bytes of a key. */
const LEAST_KEY = 32

/**
 * Makes the mask of a column. Throws `execution.mapping-invalid` for a mask that does not fit the column's type, needs a key that
 * is not configured, or is not known.
 *
 * @param readTemplate reads the SQL of a configured mask, which takes a parser; without it such a mask has its form in TypeScript only
 */
export function createMask(
  declaration: MaskDeclaration | undefined,
  column: MaskedColumn,
  { key, custom = {} }: MaskOptions = {},
  readTemplate?: (name: string, sql: string) => MaskTemplate,
): Mask {
  const mask = declaration ?? NO_PRESENTATION
  const require = (fits: boolean, says: string): void => {
    if (!fits) throw new LockstepError('execution.mapping-invalid', `the mask of \`${column.name}\` ${says}`)
  }
  switch (mask.kind) {
    case 'null':
      return { isText: false, node: () => cast(nothing(), column.type), value: () => null }
    case 'constant':
      require(!mask.text.includes('\u0000') && mask.text.isWellFormed(), 'holds what is no text of PostgreSQL')
      return { isText: true, node: () => cast(text(mask.text), TEXT), value: () => mask.text }
    case 'last':
      require(TEXTUAL.test(column.stored), 'does not fit the type')
      require(Number.isInteger(mask.keep) && mask.keep >= 0 && mask.keep <= 64, 'must keep 0 to 64')
      return lastMask(mask.keep)
    case 'hash': {
      require(TEXTUAL.test(column.stored), 'does not fit the type')
      require(key?.isWellFormed() === true &&
        Buffer.byteLength(key) >= LEAST_KEY, `needs a key of at least ${LEAST_KEY} bytes`)
      const domain = mask.domain ?? column.name
      require(domain.isWellFormed() && !domain.includes('\u0000'), 'has a domain that is no text of PostgreSQL')
      return {
        isText: true,
        node: (cell, bind) => hashNode(cell, key ?? '', domain, bind),
        value: overText((cell) =>
          createHmac('sha256', key ?? '')
            .update(`${domain}\n${cell}`)
            .digest('hex')
            .slice(0, 32),
        ),
      }
    }
    case 'year':
      require(DATED.test(column.stored), 'does not fit the type')
      return {
        isText: true,
        node: (cell) => yearNode(cell, column.stored),
        value: (value) => yearOf(value, column.stored),
      }
    case 'bucket':
      require(NUMBERS.test(column.stored), 'does not fit the type')
      require(Number.isSafeInteger(mask.width) && mask.width > 0, 'must have a width of at least 1')
      return {
        isText: true,
        node: (cell) => bucketNode(cell, mask.width),
        value: (value) => bucketOf(value, mask.width),
      }
    case 'custom': {
      require(TEXTUAL.test(column.stored), 'does not fit the type')
      const own = Object.hasOwn(custom, mask.name) ? custom[mask.name] : undefined
      require(own !== undefined && typeof own.apply === 'function', `names \`${mask.name}\`, which is not configured`)
      const template = readTemplate?.(mask.name, own?.sql ?? '')
      return {
        isText: true,
        node(cell) {
          require(template !== undefined, 'was made without its SQL')
          return choose([[isThere(cell), cast(template?.(cast(cell, TEXT)) ?? nothing(), TEXT)]])
        },
        value: overText((cell) => String(own?.apply(cell))),
      }
    }
    default:
      throw new LockstepError('execution.mapping-invalid', `the mask of \`${column.name}\` is of an unknown kind`)
  }
}

function lastMask(keep: number): Mask {
  return {
    isText: true,
    node(cell) {
      const value = cast(cell, TEXT)
      const end = operation(text(ASTERISKS), '||', call('right', value, integer(keep)))
      return choose([
        [operation(call('length', value), '>', integer(keep)), end],
        [isThere(cell), text(ASTERISKS)],
      ])
    },
    value: overText((cell) => {
      // characters as PostgreSQL counts them: code points
      let start = cell.length
      for (let left = keep; left > 0; left -= 1) {
        if (start === 0) return ASTERISKS
        start -= isPairEnd(cell, start) ? 2 : 1
      }
      return start === 0 ? ASTERISKS : ASTERISKS + cell.slice(start)
    }),
  }
}

/** Whether the two halves of one character stand before a place. */
function isPairEnd(text: string, at: number): boolean {
  return at > 1 && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800
}

/** A value that is not a text or an integer becomes null. */
function overText(mask: (cell: string) => string): Mask['value'] {
  return (value) => {
    if (typeof value !== 'string' && !Number.isSafeInteger(value)) return null
    return mask(String(value))
  }
}

function isThere(cell: Node): Node {
  return { NullTest: { arg: cell, nulltesttype: 'IS_NOT_NULL' } }
}
