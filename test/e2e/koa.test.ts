import { describeEdge } from './edge-contract.ts'
import { onKoa } from './serve.ts'

describeEdge('Koa', onKoa)
