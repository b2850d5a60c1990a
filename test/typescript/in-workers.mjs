// Loaded by every process that runs tests (`--import`): lets worker threads start from the sources, which Node.js 20 cannot read by itself.
// Tests themselves are read by vitest.
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (!isMainThread) register('./hooks.mjs', import.meta.url)
