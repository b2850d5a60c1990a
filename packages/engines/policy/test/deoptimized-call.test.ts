import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { POLICIES } from './expense-fixture.ts'

/** Asks Cedar from an optimized function, of which an assumption breaks while Cedar reads the question. Prints how often it was answered. */
const SCRIPT = `
  import { createRequire } from 'node:module'
  import { createDecisionPoint } from '@lockstep/policy'
  if (process.argv[1] === 'loaded') createDecisionPoint({ folder: ${JSON.stringify(POLICIES)} })
  const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs')
  const assumed = { value: () => 1 }
  const object = Object.create(assumed)
  let breaks = false
  const entity = { type: 'A', id: 'a' }
  const question = () => ({
    principal: entity, action: entity, resource: entity, entities: [], policies: { staticPolicies: {} },
    get context() {
      if (breaks) assumed.value = () => 1
      return {}
    },
  })
  function ask(call) {
    const answer = cedar.isAuthorized(call)
    return object.value() + (answer.type === 'success' ? 0 : 1)
  }
  // Without the semicolons, these would be remainders.
  %PrepareFunctionForOptimization(cedar.isAuthorized);
  %PrepareFunctionForOptimization(ask);
  let answered = 0
  for (let round = 0; round < 100; round += 1) answered += ask(question())
  ;%OptimizeFunctionOnNextCall(ask);
  answered += ask(question())
  breaks = true
  answered += ask(question())
  process.stdout.write(String(answered))`

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, ['--allow-natives-syntax', '--input-type=module', '-e', SCRIPT, ...args], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
}

test(proves('policy:engine:deoptimized'), () => {
  const { stdout, stderr, status } = run('loaded')
  expect({ stdout, stderr, status }).toEqual({ stdout: '102', stderr: '', status: 0 })
})

// The day that this fails, the flag that `cedar.ts` sets is not needed on this Node.js any more.
test.runIf(/^1[12]\./.test(process.versions.v8))(proves('policy:engine:deoptimized', 'else it is ended'), () => {
  const { stdout, signal, status } = run('bare')
  expect(stdout).toBe('')
  expect(signal ?? status).not.toBe(0)
})
