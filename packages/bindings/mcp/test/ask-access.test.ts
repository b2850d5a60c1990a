import { type DecisionPoint, LockstepError, type Residual, TRUE } from '@lockstep/core'
import { expect, test } from 'vitest'
import { authorizedCall } from '../../../../test/fixtures/expense/authorized-call.ts'
import { proves } from '../../../../test/requirements/index.ts'
import { createAskAccess } from '../src/create-ask-access.ts'

/** A decision point whose version can change, and which counts its questions. */
function pointThat() {
  const state = { version: '1', asked: 0, down: false }
  const point: DecisionPoint = {
    get version() {
      return state.version
    },
    contextOf: (action) => ({ members: new Set(), resources: new Set(action === 'delete' ? [] : ['Expense']) }),
    blankEntity: () => undefined,
    decide: () => {
      throw new Error('nothing is decided here')
    },
    residual({ principal }): Residual {
      state.asked++
      if (state.down) throw new LockstepError('policy.evaluation-failed')
      const policies = Object.freeze([{ policyId: principal.type, effect: 'permit' as const, when: TRUE }])
      return Object.freeze({ policies, policyVersion: state.version })
    },
  }
  return { state, ...createAskAccess(point) }
}

test(proves('execution:values:remembered', 'reading is asked once for each call, type and version'), () => {
  const { state, askRead } = pointThat()
  const call = authorizedCall('user:alice')
  const first = askRead(call, 'Expense')
  expect(askRead(call, 'Expense')).toBe(first)
  expect(state.asked).toBe(2)
  askRead(call, 'Department')
  askRead(authorizedCall('user:alice'), 'Expense')
  expect(state.asked).toBe(6)
})

test(proves('execution:values:remembered', 'a policy that changes during a call counts at once'), () => {
  const { state, askRead } = pointThat()
  const call = authorizedCall('user:alice')
  askRead(call, 'Expense')
  state.version = '2'
  expect(askRead(call, 'Expense').policyVersion).toBe('2')
  state.version = '3'
  state.down = true
  expect(() => askRead(call, 'Expense')).toThrow(/policy\.evaluation-failed/)
  state.down = false
  expect(askRead(call, 'Expense').policyVersion).toBe('3')
})

test(proves('execution:write:undeclared'), () => {
  const { state, askWrite } = pointThat()
  const call = authorizedCall('user:alice')
  expect(askWrite(call, 'Expense', 'update').policies).toEqual(['User', 'Agent'])
  const asked = state.asked
  for (const [type, action] of [
    ['Department', 'update'],
    ['Expense', 'delete'],
  ] as const) {
    expect(() => askWrite(call, type, action)).toThrow(expect.objectContaining({ code: 'execution.write-denied' }))
  }
  expect(state.asked).toBe(asked)
  // what is asked of one action is no answer for another
  expect(askWrite(call, 'Expense', 'create')).not.toBe(askWrite(call, 'Expense', 'update'))
})
