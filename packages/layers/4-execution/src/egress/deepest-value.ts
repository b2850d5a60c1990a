/** How deep a value in a result may stand: deeper values are no data that anybody reads, and are refused. */
export const DEEPEST_VALUE = 64
