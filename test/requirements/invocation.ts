export const invocation = {} as const
