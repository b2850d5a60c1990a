import { CONFIG_HELP, CONFIG_OPTION } from './open-configured.ts'

/** The option that names the state folder. */
export const STATE_OPTION = { type: 'string', default: './.lockstep' } as const

/** Its line in a help text. */
export const STATE_HELP = ['--state <folder>', 'the state folder (default: ./.lockstep)'] as const

/** The options that name a state: a folder, or the configuration that says where it is. */
export const STATE_OPTIONS = { state: { type: 'string' }, config: CONFIG_OPTION } as const

/** How a usage line names them. */
export const STATE_USAGE = '[--state <folder> | --config <file>]'

/** Their lines in a help text. */
export const STATES_HELP = [
  ['--state <folder>', 'the state folder (default: ./.lockstep where it is, else what the configuration names)'],
  CONFIG_HELP,
] as const

/** What they mean, for the notes of a help text. */
export const STATE_NOTES = [
  'A state that servers share is named by its configuration, and opened beside them. A folder is of one process: stop its',
  'server first.',
] as const
