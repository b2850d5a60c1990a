/** One record of some 200 bytes, with something in it that is not released. */
const recordOf = (n) => JSON.stringify({ n, note: `\u202enote ${n} `.repeat(20) })

/**
 * Writes the answer to a request: so many bytes of records, as fast as they are read.
 *
 * @param drained resolves when more may be written; to false when nobody reads any more
 */
export async function writeRecords(stream, id, bytes, drained) {
  stream.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"structuredContent":{"shown":[${recordOf(0)}`)
  for (let sent = 0, n = 1; sent < bytes; ) {
    let piece = ''
    for (; piece.length < 65_536; n += 1) piece += `,${recordOf(n)}`
    sent += Buffer.byteLength(piece)
    if (!stream.write(piece) && !(await drained())) return
  }
  stream.write(`]},"content":[]}}`)
}
