#!/usr/bin/env node
import { runCommandLine } from 'lockstep'

// A reader that has seen enough (`| head`) is no failure of ours to report.
process.stdout.on('error', () => process.exit(1))

process.exitCode = await runCommandLine(process.argv.slice(2), {
  say: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
})
