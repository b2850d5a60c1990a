/** Policies that once told the three apart, each with what it was about. */
export const KEPT: readonly string[] = [
  // a literal longer than the column, which a cast to the column's type would have cut
  '@id("longer") permit (principal, action == Action::"read", resource) when { resource.code == "abcd" };',
  // an error that is known before any row is, on a side that not every row reaches
  '@id("known-error") permit (principal, action == Action::"read", resource) when { (resource.open && (principal has boss && principal.boss.name == resource.title)) || resource.size < 2 };',
]
