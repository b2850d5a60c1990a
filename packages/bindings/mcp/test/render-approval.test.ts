import type { Approval } from '@lockstep/core'
import { shown } from '@lockstep/invocation'
import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { tellApproval } from '../src/http/tell-approval.ts'
import { renderApproval } from '../src/pages/render-approval.ts'

const HOSTILE = `<script>alert(1)</script>'"\`&#60;\u202egnp.exe\u0430pproved\u200b`
const approval: Approval = {
  id: 'A'.repeat(32),
  binding: 'x.y',
  issuer: 'https://issuer.example',
  subject: `user:${HOSTILE}`,
  actor: `spiffe://x/${HOSTILE}`,
  chain: [],
  tool: HOSTILE,
  resource: { type: 'Expense', id: HOSTILE },
  needed: [{ relation: 'r', of: 'o', count: 2 }],
  asked: [],
  shown: [shown('arguments.note', HOSTILE)],
  requestedAt: 0,
  expiresAt: 1,
  state: 'pending',
  consents: [{ issuer: 'https://issuer.example', subject: 'user:bob', actor: 'a', at: 0, relations: ['r'] }],
}
const render = (state: Approval['state'], reader: string, onlooker: 'requester' | 'approver' = 'approver') =>
  renderApproval(tellApproval({ ...approval, state }, onlooker), {
    issuer: 'https://issuer.example',
    subject: reader,
    csrf: 'SECRET',
  })
const buttons = (html: string) => [...html.matchAll(/value="(approve|deny)"/g)].map(([, one]) => one)

test(proves('edge:pages:harmless', 'whatever is shown'), () => {
  const html = render('pending', 'user:carol')
  expect(html.match(/<script|onerror|javascript:/g)).toBeNull()
  expect(html).toContain('&#60;script&#62;')
  expect(html, 'shown, not hidden').toContain('\\u{202e}')
  expect(html, 'a letter of another script').toContain('\\u{430}')
  expect(html).toContain('\\u{200b}')
  expect(html).not.toMatch(/\p{Cf}/u)
  expect(html, 'nothing is loaded').not.toMatch(/\s(src|href)=/)
})

test(proves('edge:pages:entitled', 'buttons'), () => {
  expect(buttons(render('pending', 'user:carol'))).toEqual(['approve', 'deny'])
  expect(buttons(render('pending', 'user:bob')), 'who consented before').toEqual(['deny'])
  expect(buttons(render('approved', 'user:carol'))).toEqual(['deny'])
  for (const state of ['used', 'denied', 'withdrawn', 'expired'] as const) {
    const html = render(state, 'user:carol')
    expect([buttons(html), html.includes('SECRET')]).toEqual([[], false])
  }
  const own = render('pending', approval.subject, 'requester')
  expect([buttons(own), own.includes('SECRET'), own.includes('user:bob')]).toEqual([[], false, false])
})
