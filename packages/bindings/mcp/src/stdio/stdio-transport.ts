/** The `Transport` of both SDK generations, seen structurally: for `server.connect()` of 1.x and 2.x, and for `serveStdio()` of 2.x. */
export interface StdioTransport {
  onmessage?: (message: object, extra?: object) => void
  onclose?: () => void
  onerror?: (error: Error) => void
  start(): Promise<void>
  send(message: object, options?: object): Promise<void>
  close(): Promise<void>
}
