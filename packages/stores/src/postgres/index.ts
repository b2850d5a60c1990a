export type { RedisShape } from '../redis/redis-shape.ts'
export type { PoolConnection, PoolResult, PoolShape, PoolStatement } from './pool-shape.ts'
export { type PostgresStateOptions, postgresState } from './postgres-state.ts'
