// An upstream server that is a command: answers a call with as many bytes of records as it asks for.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { writeRecords } from './records.mjs'

const drained = () => once(process.stdout, 'drain').then(() => true)
for await (const line of createInterface({ input: process.stdin })) {
  const { id, params } = JSON.parse(line)
  await writeRecords(process.stdout, id, params.arguments.bytes, drained)
  process.stdout.write('\n')
}
