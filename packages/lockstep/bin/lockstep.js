#!/usr/bin/env node
import { runCommandLine } from 'lockstep'

// A reader that has seen enough (`| head`) is no failure of ours to report.
process.stdout.on('error', () => process.exit(1))

const code = await runCommandLine(process.argv.slice(2), {
  say: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
})
// What a configuration opened (a pool, a database) is the application's and may stay open: the process ends once everything is written.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
