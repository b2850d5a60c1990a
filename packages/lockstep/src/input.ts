/** Where a command reads from: bytes as they arrive. */
export type Input = AsyncIterable<Uint8Array>
