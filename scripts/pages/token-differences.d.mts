/** The text of \`docs/reference/token-differences.md\`. */
export function tokenDifferencesPage(): Promise<string>
