import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Text that is needed again once all of it is known, and is too much to hold. */
export interface Spool {
  add(text: string): Promise<void>
  /** What was added, from the beginning. */
  read(): AsyncGenerator<Buffer, void>
  close(): Promise<void>
}

const PIECE = 65_536
const CIPHER = 'aes-256-ctr'

/**
 * Creates a spool in the folder for temporary files. The file has no name once it is open, and what is in it can be read by nobody else: it is
 * encrypted with a key that is never written down, and gone with the process.
 */
export function createSpool(folder = tmpdir()): Spool {
  const [key, vector] = [randomBytes(32), randomBytes(16)]
  const cipher = createCipheriv(CIPHER, key, vector)
  let file: FileHandle | undefined
  return {
    async add(text) {
      file ??= await openNameless(folder)
      const bytes = cipher.update(text, 'utf8')
      for (let written = 0; written < bytes.length; ) {
        written += (await file.write(bytes, written)).bytesWritten
      }
    },
    async *read() {
      if (!file) return
      const decipher = createDecipheriv(CIPHER, key, vector)
      for (let position = 0; ; ) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE), 0, PIECE, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield decipher.update(buffer.subarray(0, bytesRead))
      }
    },
    async close() {
      await file?.close()
      file = undefined
    },
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const name = join(folder, `lockstep-${randomBytes(16).toString('hex')}`)
  const file = await open(name, 'wx+', 0o600)
  await unlink(name)
  return file
}
