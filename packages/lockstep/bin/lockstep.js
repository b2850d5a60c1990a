#!/usr/bin/env node
import { once } from 'node:events'
import { runCommandLine } from 'lockstep'

// A reader that has seen enough (`| head`) is no failure of ours to report.
process.stdout.on('error', () => process.exit(1))

const output = {
  say: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
  room: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
  },
}
const code = await runCommandLine(process.argv.slice(2), output, process.stdin)
// What a configuration opened (a pool, a database) is the application's and may stay open: the process ends once everything is written.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
