/** An array as PostgreSQL reads it from a text, every member in quotes. */
export function arrayLiteral(members: readonly (string | boolean)[]): string {
  return `{${members.map((member) => `"${String(member).replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}
