type Bytes = ReadableStream<Uint8Array>

/** Reads a stream to its end, or as a stream of all its bytes again where they are more than `most`. Rejects as reading does. */
export async function readBounded(
  stream: Bytes,
  most: number,
): Promise<{ readonly bytes: Uint8Array } | { readonly stream: Bytes }> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  while (size <= most) {
    const { done, value } = await reader.read()
    if (done) return { bytes: Buffer.concat(chunks) }
    chunks.push(value)
    size += value.byteLength
  }
  return {
    stream: new ReadableStream({
      async pull(controller) {
        const next = chunks.shift() ?? (await reader.read()).value
        if (next) controller.enqueue(next)
        else controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    }),
  }
}
