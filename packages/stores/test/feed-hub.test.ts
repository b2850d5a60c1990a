import { type RevocationNotice, revocableName, UNTIL_RESTORED } from '@lockstep/core'
import { expect, test } from 'vitest'
import { proves } from '../../../test/requirements/index.ts'
import { createFeedHub } from '../src/feed/create-feed-hub.ts'
import { readNotice, writeNotice } from '../src/feed/notice-text.ts'

const permission = revocableName({ permission: 'pay' })
const alice = revocableName({ actor: 'alice' })
const revoked: RevocationNotice = { name: permission, until: UNTIL_RESTORED, revision: 1 }
const restored: RevocationNotice = { name: permission, until: 0, revision: 2 }

test(proves('state:feed:order'), () => {
  const hub = createFeedHub()
  const heard: RevocationNotice[] = []
  const end = hub.subscribe({ heard: (notice) => void heard.push(notice), missed: () => undefined })
  for (const notice of [restored, revoked, restored]) hub.tell(notice)
  expect(heard, 'they overtook each other on two ways').toEqual([restored])
  const one: RevocationNotice = { name: alice, until: 5, revision: 1 }
  hub.tell(one)
  hub.tell(one)
  expect(heard).toEqual([restored, one, one])
  end()
  hub.tell({ ...revoked, revision: 3 })
  expect(heard).toHaveLength(3)
})

test(proves('state:feed:text'), () => {
  for (const notice of [revoked, restored]) expect(readNotice(writeNotice(notice))).toEqual(notice)
  for (const text of [
    '',
    'x',
    undefined,
    7,
    `${permission} 1`,
    `${permission} 1 1 1`,
    `${permission} -1 1`,
    `${permission} 9999999999999999 1`,
    `${permission.slice(1)} 1 1`,
    `${permission}\n1 1`,
  ]) {
    expect(readNotice(text), String(text)).toBeUndefined()
  }
})
