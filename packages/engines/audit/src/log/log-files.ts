import { readdir } from 'node:fs/promises'

/** The file of signed heads in a log's folder. */
export const CHECKPOINTS = 'checkpoints.jsonl'

const RECORDS = /^records-(\d{12})\.jsonl$/

/** The name of the file whose first record is `seq`. */
export function recordsFile(seq: number): string {
  return `records-${String(seq).padStart(12, '0')}.jsonl`
}

/** A file of records. */
export interface RecordsFile {
  readonly name: string
  /** The position of its first record, from its name. */
  readonly first: number
}

/** The files of records in a folder, in order. Rejects with the error of the file system. */
export async function listRecordsFiles(folder: string): Promise<readonly RecordsFile[]> {
  const names = (await readdir(folder)).filter((name) => RECORDS.test(name)).sort()
  return names.map((name) => ({ name, first: Number(RECORDS.exec(name)?.[1]) }))
}
