import { createHash } from 'node:crypto'
import type { Node } from 'libpg-query'
import { call, cast, integer, operation, TEXT, text } from '../statement/ast.ts'
import type { Bind } from './row-scope.ts'

/** SHA-256's block, in bytes. */
const BLOCK = 64

/**
 * HMAC-SHA-256 in SQL (RFC 2104): the two padded keys are bound, as hexadecimal texts, so that neither the key nor a hash of it
 * stands in the statement.
 *
 * @param domain comes before the value, so that equal values of two domains have different hashes
 */
export function hashNode(cell: Node, key: string, domain: string, bind: Bind): Node {
  const bytes = Buffer.from(key)
  const block = Buffer.alloc(BLOCK)
  ;(bytes.length > BLOCK ? createHash('sha256').update(bytes).digest() : bytes).copy(block)
  const padded = (pad: number) =>
    call('decode', cast(bind(Buffer.from(block.map((byte) => byte ^ pad)).toString('hex')), TEXT), text('hex'))
  const message = call('convert_to', operation(text(`${domain}\n`), '||', cast(cell, TEXT)), text('UTF8'))
  const inner = call('sha256', operation(padded(0x36), '||', message))
  const outer = call('sha256', operation(padded(0x5c), '||', inner))
  return call('left', call('encode', outer, text('hex')), integer(32))
}
