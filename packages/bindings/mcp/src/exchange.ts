import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuthorizedCall, Caller, Mode, Standing } from '@lockstep/core'
import type { SystemWork } from '@lockstep/execution'
import type { TxnToken } from '@lockstep/tokens'
import type { GrantedJob } from './jobs/granted-job.ts'

/** One request on its way through the layers. */
export interface Exchange {
  readonly trace: string
  /** Absent while the gateway only observes. */
  readonly caller?: Caller
  /** The id that the server has the request under. */
  readonly request?: string
  /** The authorized call, while a tool runs. */
  readonly call?: AuthorizedCall
  /** The capability that was presented with the call. */
  readonly capability?: Standing | undefined
  /** The tool that was called. */
  readonly tool?: string
  /** Whether what happens inside is enforced, or only recorded. */
  readonly mode: Mode
  /** The transaction token that the call was made with: what its own work may be part of. */
  readonly transaction?: Pick<TxnToken, 'issuer' | 'id' | 'transactionId' | 'scopes' | 'issuedAt'> | undefined
  /** The job that runs, where work after an answer does: what it stands under, and until when (milliseconds since the epoch). */
  readonly job?: Pick<GrantedJob, 'standing' | 'expiresAt' | 'transaction'>
  /** Trusted work without a caller, while it lasts. */
  readonly system?: SystemWork
}

/** Finds the exchange that the current asynchronous context belongs to. A convenience for finding it, never the carrier. */
export interface ExchangeContext {
  run<T>(exchange: Exchange, work: () => T): T
  current(): Exchange | undefined
  /**
   * Makes an exchange known by the id that the server has its request under, until the returned function is called. Where messages of one
   * connection wait in a queue, the context that a handler runs in can be that of another message; its request's id cannot.
   */
  name(id: string, exchange: Exchange): () => void
  /** Runs something in the exchange that is known by this id; where none is, where it already was. */
  within<T>(id: unknown, work: () => T): T
  /** Runs something that is part of no exchange. */
  leave<T>(work: () => T): T
}

/** Creates the context of one Lockstep instance. */
export function createExchangeContext(): ExchangeContext {
  const storage = new AsyncLocalStorage<Exchange | undefined>()
  const named = new Map<string, Exchange>()
  return {
    run: (exchange, work) => storage.run(exchange, work),
    current: () => storage.getStore(),
    name(id, exchange) {
      named.set(id, exchange)
      return () => void named.delete(id)
    },
    within(id, work) {
      const exchange = typeof id === 'string' ? named.get(id) : undefined
      return exchange ? storage.run(exchange, work) : work()
    },
    leave: (work) => storage.run(undefined, work),
  }
}
