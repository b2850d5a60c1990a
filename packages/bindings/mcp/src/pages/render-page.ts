import { createHash } from 'node:crypto'

/** A part of a page that is HTML already. Everything else is text, and escaped. */
export class Markup {
  readonly html: string
  constructor(html: string) {
    this.html = html
  }
}

/** Puts texts into HTML, escaped wherever they stand; what is markup stays. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly (string | Markup | readonly Markup[])[]
): Markup {
  return new Markup(parts.reduce((html, part, index) => html + toHtml(values[index - 1] ?? '') + part))
}

function toHtml(value: string | Markup | readonly Markup[]): string {
  if (value instanceof Markup) return value.html
  if (typeof value === 'string') return value.replace(/[&<>"'`]/g, (one) => `&#${one.codePointAt(0)};`)
  return value.map(toHtml).join('')
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:42rem;padding:0 1rem;color:#1c1c1c;background:#fff}
table{border-collapse:collapse;width:100%;margin:1.5rem 0}th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ddd}
td{font-family:ui-monospace,monospace;overflow-wrap:anywhere}small{color:#6b3d00}button{font:inherit;padding:.5rem 1.4rem;margin-right:1rem}`

/**
 * The headers of every page. Nothing is loaded and nothing runs: no script, no image, no frame around it; its forms go to itself.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // `no-referrer` would make browsers hide the origin of the form as well.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** A whole page. */
export function renderPage(title: string, content: Markup): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${new Markup(STYLE)}</style></head>
<body><main><h1>${title}</h1>
${content}
</main></body></html>
`.html
}
