import { type ApprovalMessage, type Notifier, type ObligationMessage, refuseUnknownOptions } from '@lockstep/core'
import { Webhook } from 'standardwebhooks'

/** Options of {@link webhookNotifier}. */
export interface WebhookOptions {
  /** Where messages are posted: `https`, or `http` on the loopback interface. Redirects are not followed. */
  readonly url: string
  /** The secret of the signatures: `whsec_` and base64 of 24 to 64 random bytes. Two while one is being replaced: both sign. */
  readonly secret: string | readonly string[]
  /** @defaultValue Node's own */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/

/**
 * Creates a notifier that posts each message as JSON, signed as Standard Webhooks say: `webhook-id`, `webhook-timestamp`, `webhook-signature` (HMAC
 * SHA-256 over the three). Any answer but a 2xx is a failure, also a redirect; its body is not read. Throws `TypeError` for misused options.
 *
 * @example
 * ```ts
 * import { webhookNotifier } from '@lockstep/mcp'
 *
 * const notifier = webhookNotifier({ url: 'https://hooks.example.com/approvals', secret: process.env.WEBHOOK_SECRET ?? '' })
 * ```
 */
export function webhookNotifier(options: WebhookOptions): Notifier<ApprovalMessage | ObligationMessage> {
  refuseUnknownOptions(options, ['url', 'secret', 'fetch'], 'webhookNotifier')
  const url = checkUrl(options.url)
  const secrets = typeof options.secret === 'string' ? [options.secret] : options.secret
  const signers = secrets.map((secret) => new Webhook(checkSecret(secret)))
  if (signers.length < 1 || signers.length > 2) throw new TypeError('`secret` must be one secret, or two')
  const send = options.fetch ?? globalThis.fetch

  return {
    async notify(message, signal) {
      const body = JSON.stringify(message)
      const now = new Date()
      const answer = await send(url, {
        method: 'POST',
        redirect: 'manual',
        signal,
        headers: {
          'content-type': 'application/json',
          'webhook-id': message.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signers.map((signer) => signer.sign(message.id, now, body)).join(' '),
        },
        body,
      })
      await answer.body?.cancel()
      if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`)
    },
  }
}

function checkUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname))
  if (!url || !isSafe || url.username || url.password || url.hash) {
    throw new TypeError('`url` must be https, or http on the loopback interface, without credentials and fragment')
  }
  return url
}

function checkSecret(secret: string): string {
  const bytes = Buffer.from(SECRET.exec(secret)?.[1] ?? '', 'base64').length
  if (bytes < 24 || bytes > 64) throw new TypeError('`secret` must be `whsec_` and base64 of 24 to 64 bytes')
  return secret
}
