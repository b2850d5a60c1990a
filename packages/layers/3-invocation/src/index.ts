export { type CallLifecycle, createCallLifecycle } from './call-lifecycle.ts'
export { createInvocation, type Invocation, type InvocationOptions } from './create-invocation.ts'
