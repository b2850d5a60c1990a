import type { MaskDeclaration } from '@lockstep/core'
import type { Node, TypeName } from 'libpg-query'
import { call, cast, choose, integer, nothing, operation, TEXT, text } from '../statement/ast.ts'

/** Always four, so that a mask does not tell how long the value is. */
const ASTERISKS = '****'

/** The mask of a column that declares none. */
export const NO_PRESENTATION: MaskDeclaration = { kind: 'null' }

/**
 * A mask in SQL: the presentation of a cell, made at its source. `maskValue` is the same in TypeScript.
 *
 * @param cell the column
 * @param type the column's type, which `null` keeps; other masks are `text`
 */
export function maskNode(mask: MaskDeclaration, cell: Node, type: TypeName): Node {
  switch (mask.kind) {
    case 'null':
      return cast(nothing(), type)
    case 'constant':
      return cast(text(mask.text), TEXT)
    case 'last': {
      const value = cast(cell, TEXT)
      return choose([
        [
          operation(call('length', value), '>', integer(mask.keep)),
          operation(text(ASTERISKS), '||', call('right', value, integer(mask.keep))),
        ],
        [{ NullTest: { arg: cell, nulltesttype: 'IS_NOT_NULL' } }, text(ASTERISKS)],
      ])
    }
  }
}

/**
 * A mask in TypeScript, over a JSON value as a result carries it. A value that is not a text or an integer becomes null.
 */
export function maskValue(mask: MaskDeclaration, value: unknown): string | null {
  switch (mask.kind) {
    case 'null':
      return null
    case 'constant':
      return mask.text
    case 'last': {
      if (typeof value !== 'string' && !Number.isInteger(value)) return null
      // characters as PostgreSQL counts them: code points
      const characters = [...String(value)]
      if (characters.length <= mask.keep) return ASTERISKS
      return ASTERISKS + (mask.keep === 0 ? '' : characters.slice(-mask.keep).join(''))
    }
  }
}
