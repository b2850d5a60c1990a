import { align } from './align.ts'
import type { Command } from './command.ts'

const EXIT_CODES = 'exit code: 0 all is well, 1 it is not, 2 the command was called wrongly\n'

/** The help of one command. */
export function commandHelp(command: Command): string {
  const notes = command.notes.map((note) => `${note}\n`).join('')
  return [
    `lockstep ${command.name} ${command.usage}\n\n${command.summary}\n`,
    align([...command.options, ['--help', 'shows this']]),
    ...(notes ? [notes] : []),
    EXIT_CODES,
  ].join('\n')
}

/** The help of several commands: all, or those that share a first word. */
export function overview(commands: readonly Command[]): string {
  return [
    'lockstep <command> [options]\n',
    align(commands.map(({ name, summary }) => [name, summary])),
    'each command has `--help`\n',
    EXIT_CODES,
  ].join('\n')
}
