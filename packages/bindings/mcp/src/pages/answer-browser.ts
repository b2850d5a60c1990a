import type { ServerResponse } from 'node:http'
import { PAGE_HEADERS } from './render-page.ts'

/** Answers a browser with a page. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, PAGE_HEADERS).end(html)
}

/** Sends a browser elsewhere, by `GET`. @param cookies values of `Set-Cookie` */
export function redirect(response: ServerResponse, location: string, cookies: readonly string[]): void {
  response.writeHead(303, { ...PAGE_HEADERS, location, 'set-cookie': [...cookies] }).end()
}
