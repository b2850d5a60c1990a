import { isIPv4, isIPv6 } from 'node:net'

/** An address with its network prefix. An address alone has the longest prefix. */
export interface IpNetwork {
  readonly version: 4 | 6
  readonly address: bigint
  readonly prefix: number
}

const WIDTH = { 4: 32, 6: 128 } as const

/**
 * Reads Cedar's ipaddr literal: an address, or one with a prefix. An IPv4 address inside an IPv6 one, a zone, and leading zeros are
 * refused, as Cedar refuses them: two readers could take them for different addresses.
 *
 * @returns `undefined` for any other text
 */
export function parseIp(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const address = isIPv4(host) ? readIPv4(host) : isIPv6(host) ? readIPv6(host) : undefined
  if (address === undefined) return undefined
  const version = host.includes(':') ? 6 : 4
  const prefix = slash < 0 ? WIDTH[version] : readPrefix(text.slice(slash + 1), version)
  return prefix === undefined ? undefined : { version, address, prefix }
}

/** Whether every address of one network is in the other. */
export function isInRange(inner: IpNetwork, outer: IpNetwork): boolean {
  if (inner.version !== outer.version || inner.prefix < outer.prefix) return false
  const host = BigInt(WIDTH[outer.version] - outer.prefix)
  return inner.address >> host === outer.address >> host
}

/** 127.0.0.0/8 or ::1, the whole network of it. */
export function isLoopback({ version, address, prefix }: IpNetwork): boolean {
  return version === 4 ? prefix >= 8 && address >> 24n === 127n : prefix === 128 && address === 1n
}

/** 224.0.0.0/4 or ff00::/8, the whole network of it. */
export function isMulticast({ version, address, prefix }: IpNetwork): boolean {
  return version === 4 ? prefix >= 4 && address >> 28n === 14n : prefix >= 8 && address >> 120n === 255n
}

function readIPv4(text: string): bigint {
  return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function readIPv6(text: string): bigint | undefined {
  if (/[.%]/.test(text)) return undefined
  const [head = '', tail] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const missing = 8 - groups(head).length - groups(tail ?? '').length
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail ?? '')]
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

function readPrefix(text: string, version: 4 | 6): number | undefined {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return undefined
  return Number(text) <= WIDTH[version] ? Number(text) : undefined
}
