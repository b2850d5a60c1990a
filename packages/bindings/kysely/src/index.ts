export { guardDialect } from './guard-dialect.ts'
