import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonRejection } from '@lockstep/core'

/** Text that is needed again once all of it is known, and is too much to hold. */
export interface Spool {
  /** Takes text of whole characters, or bytes. Rejects with JsonRejection `too-large` for more than the spool may hold. */
  add(text: string | Uint8Array): Promise<void>
  /** Bytes that were added. */
  readonly length: number
  /** What was added between these bytes. @defaultValue to what was added so far */
  read(from: number, to?: number): AsyncGenerator<Buffer, void>
  close(): Promise<void>
}

const PIECE = 65_536
/** Bytes that one spool holds: a server that never ends must not fill the folder. */
const MOST = 1_073_741_824
const CIPHER = 'aes-256-ctr'
/** Bytes that one count of the cipher stands for. */
const BLOCK = 16

/**
 * Creates a spool in the folder for temporary files. The file has no name once it is open, and what is in it can be read by nobody else: it is
 * encrypted with a key that is never written down, and gone with the process.
 */
export function createSpool(folder = tmpdir(), most = MOST): Spool {
  const [key, vector] = [randomBytes(32), randomBytes(16)]
  const cipher = createCipheriv(CIPHER, key, vector)
  let file: FileHandle | undefined
  let length = 0
  return {
    get length() {
      return length
    },
    async add(text) {
      const plain = typeof text === 'string' ? Buffer.from(text) : text
      if (length + plain.length > most) throw new JsonRejection('too-large')
      file ??= await openNameless(folder)
      const bytes = cipher.update(plain)
      for (let written = 0; written < bytes.length; ) {
        written += (await file.write(bytes, written)).bytesWritten
      }
      length += bytes.length
    },
    async *read(from, to = length) {
      if (!file) return
      const start = from - (from % BLOCK)
      const decipher = createDecipheriv(CIPHER, key, counted(vector, start / BLOCK))
      for (let position = start; position < to; ) {
        const wanted = Math.min(PIECE, to - position)
        const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, position)
        if (bytesRead === 0) return
        const plain = decipher.update(buffer.subarray(0, bytesRead))
        yield plain.subarray(Math.max(0, from - position))
        position += bytesRead
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

/** The cipher's vector after so many blocks (NIST SP 800-38A, section 6.5). */
function counted(vector: Buffer, blocks: number): Buffer {
  const sum = (BigInt(`0x${vector.toString('hex')}`) + BigInt(blocks)) % (1n << 128n)
  return Buffer.from(sum.toString(16).padStart(32, '0'), 'hex')
}
