/** Takes text of the answer, in order. */
export type Sink = (text: string) => void

/** Where an answer goes. Rejects once nothing may leave any more. */
export interface AnswerOutput {
  /** Resolves when more may be written. */
  write(piece: string | Uint8Array): Promise<void>
}

/** What is released, gathered to pieces. */
export interface ReleasedOutput {
  readonly put: Sink
  /** Lets what was gathered leave when it is a piece. */
  settle(): Promise<void>
  /** Lets what was gathered leave. */
  flush(): Promise<void>
  /** Writes bytes after what was gathered. */
  pass(bytes: Uint8Array): Promise<void>
}

const PIECE = 65_536

/** @param before is awaited before each piece leaves: what is owed for it is durable then */
export function createReleasedOutput(output: AnswerOutput, before: () => Promise<void>): ReleasedOutput {
  let gathered = ''
  const flush = async () => {
    if (gathered === '') return
    const piece = gathered
    gathered = ''
    await before()
    await output.write(piece)
  }
  return {
    put: (text) => {
      gathered += text
    },
    settle: async () => {
      if (gathered.length >= PIECE) await flush()
    },
    flush,
    async pass(bytes) {
      await flush()
      await output.write(bytes)
    },
  }
}

/** Text as it stands between the quotes of a JSON string. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
