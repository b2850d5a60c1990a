import { createTransport } from 'nodemailer'

/**
 * A notifier that writes e-mail. `recipients` says who is asked, from what was configured to be shown: here the department.
 *
 * Every line is one that Lockstep rendered, so nothing in a mail can pose as another line or run backwards.
 */
export function mailNotifier({ smtp, from, recipients }) {
  const transport = createTransport(smtp)
  return {
    async notify({ id, type, data }) {
      const to = recipients(Object.fromEntries(data.shown.map(({ name, value }) => [name, value])))
      if (to.length === 0) return
      await transport.sendMail({
        from,
        to,
        // The same for every attempt: a mailbox drops what it has already.
        messageId: `<${id}@approvals.example.com>`,
        subject: type === 'approval.requested' ? 'Your consent is asked for' : `A request was ${data.state}`,
        text: [
          ...data.shown.map(({ name, value, ascii }) => `${name}: ${value}${ascii ? ` (${ascii})` : ''}`),
          `until: ${data.expiresAt}`,
          data.url,
        ].join('\n'),
      })
    },
  }
}
