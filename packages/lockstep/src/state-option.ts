/** The option that names the state folder. */
export const STATE_OPTION = { type: 'string', default: './.lockstep' } as const

/** Its line in a help text. */
export const STATE_HELP = ['--state <folder>', 'the state folder (default: ./.lockstep)'] as const
