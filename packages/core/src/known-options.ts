/**
 * Refuses a misspelt option, which would otherwise be an option left out. `where` names the function, or the path to a nested object.
 * Throws `TypeError`.
 */
export function refuseUnknownOptions(options: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${where}: unknown option \`${key}\`; known are ${known.join(', ')}`)
  }
}
