/**
 * `enforce` refuses; `observe` decides and records what would have happened, and changes nothing. Set in configuration only.
 */
export type Mode = 'observe' | 'enforce'
