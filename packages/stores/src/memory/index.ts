export { createMemorySingleUse, type MemorySingleUse, type MemorySingleUseOptions } from './memory-single-use.ts'
export { createMemoryState, type MemoryStateOptions } from './memory-state.ts'
export { openMemoryState } from './open-memory-state.ts'
