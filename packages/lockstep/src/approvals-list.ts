import type { Approval, ObligedNotice } from '@lockstep/core'
import { align } from './align.ts'
import type { Command } from './command.ts'
import { openNamedState } from './open-named-state.ts'
import { parseArguments } from './parse-arguments.ts'
import { STATE_NOTES, STATE_OPTIONS, STATE_USAGE, STATES_HELP } from './state-option.ts'
import { visibleText } from './visible-text.ts'

/** `lockstep approvals list`: requests for consent, how they stand or ended, and what could not be told of them, or of calls. */
export const approvalsList: Command = {
  name: 'approvals list',
  summary: 'lists requests for the consent of other people, the newest first',
  usage: STATE_USAGE,
  options: STATES_HELP,
  notes: [
    'A request that is over is shown for a week; at most 100 are. What a notifier gave up on is told of each.',
    'Calls that `@notify` obliged to be told of, and nobody took, follow for a week; at most 100 are.',
    ...STATE_NOTES,
  ],
  async run(args, output) {
    const { values } = parseArguments(args, STATE_OPTIONS)
    const state = await openNamedState(values)
    try {
      const requests = await state.approvals.list()
      const lost = await state.approvals.outbox.givenUp('approval')
      const untoldCalls = await state.approvals.outbox.givenUp('obligation')
      for (const request of requests) {
        const untold = lost.filter(({ approval }) => approval.id === request.id).map(({ event }) => event)
        const pairs = [...describe(request), ...(untold.length > 0 ? [['untold', untold.join(', ')] as const] : [])]
        output.say(`${new Date(request.requestedAt).toISOString()}\n${align(pairs)}`)
      }
      if (requests.length === 0) output.say('nobody was asked for consent\n')
      for (const one of untoldCalls) output.say(`${new Date(one.at).toISOString()}\n${align(describeCall(one))}`)
      return 0
    } finally {
      await state.close()
    }
  },
}

function describeCall({ obliged }: ObligedNotice): readonly (readonly [string, string])[] {
  const { topic, call, trace, tool, subject, actor } = obliged
  return [
    ['untold', visibleText(topic)],
    ['call', call],
    ['trace', trace],
    ['tool', visibleText(tool)],
    ['subject', visibleText(subject.id)],
    ['actor', visibleText(actor)],
  ]
}

function describe(request: Approval): readonly (readonly [string, string])[] {
  const { id, state, tool, resource, subject, actor, needed, consents, ended, expiresAt } = request
  const people = needed.map(({ relation, of, count }) => `${count} by ${relation} of ${of}`).join(', ')
  const given = consents.map((consent) => consent.subject).join(', ')
  const end = ended?.by ? `${state} by ${ended.by.subject}` : state
  return [
    ['request', id],
    ['state', visibleText(ended ? `${end}, ${new Date(ended.at).toISOString()}` : state)],
    ['tool', visibleText(tool)],
    ...(resource ? [['about', visibleText(`${resource.type} ${resource.id}`)] as const] : []),
    ['subject', visibleText(subject)],
    ['actor', visibleText(actor)],
    ['needs', visibleText(people)],
    ['given', visibleText(given || 'by nobody')],
    ['until', new Date(expiresAt).toISOString()],
  ]
}
