export type { RedisShape, RedisSubscriber } from '../redis/redis-shape.ts'
export type { PoolConnection, PoolNotification, PoolResult, PoolShape, PoolStatement } from './pool-shape.ts'
export { type PostgresStateOptions, postgresState } from './postgres-state.ts'
