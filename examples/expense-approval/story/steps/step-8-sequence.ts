import { ACR_MFA } from '../../authorization-server/assurance.ts'
import { expectThat, type Step } from '../step.ts'
import { tellCall } from '../tell.ts'

const REPORT = { to: 'press@news.example', text: 'spending of department 42' }

/** Two harmless steps that are harmful together: reading confidential rows, then sending something out of the house. */
export const sequence: Step = {
  name: 'step 8',
  title: '8. Reading confidential rows, and then sending a report out of the house',
  async play(stage, screen) {
    const alice = await stage.agentOf('alice', ACR_MFA)
    // Her agent read confidential rows in step 6; this is a new connection and a new trace.
    const first = await (await alice.connect('lockstep')).call('sendReport', REPORT)
    const again = await (await alice.connect('lockstep', '1.x')).call('sendReport', REPORT)
    screen.line()
    tellCall(
      screen,
      { what: `sendReport to ${REPORT.to}`, by: 'user:alice', through: stage.actor },
      await stage.recorded(first.trace),
    )
    for (const { outcome } of [first, again])
      expectThat(!outcome.ok, 'after confidential rows were read nothing goes to an external address')
    screen.fact('again', 'over another connection and trace: refused too')

    const bob = await (await stage.agentOf('bob', ACR_MFA)).connect('lockstep')
    const allowed = await bob.call('sendReport', REPORT)
    screen.line()
    tellCall(
      screen,
      { what: `sendReport to ${REPORT.to}`, by: 'user:bob', through: stage.actor },
      await stage.recorded(allowed.trace),
    )
    expectThat(stage.legitimate('lockstep', allowed.outcome.ok), 'who read none may send')
    const bobPlain = await (await stage.agentOf('bob', ACR_MFA)).connect('oauth-only')
    stage.legitimate('oauth-only', (await bobPlain.call('sendReport', REPORT)).outcome.ok)
    const sent = stage.arms.outboxes.lockstep.filter(({ to }) => to === REPORT.to).length
    expectThat(sent === 1, 'one report left')

    const plain = await (await stage.agentOf('alice')).connect('oauth-only')
    expectThat((await plain.call('sendReport', REPORT)).outcome.ok, 'OAuth alone sends it')
    return [{ what: "alice's external report after confidential rows", oauthOnly: 'sent', lockstep: 'refused' }]
  },
}
