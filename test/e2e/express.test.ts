import { describeEdge } from './edge-contract.ts'
import { onExpress } from './serve.ts'

describeEdge('Express', onExpress)
