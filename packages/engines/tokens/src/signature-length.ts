/**
 * Whether an RSA signature is as long as its key (RFC 8017 sections 8.1.2 and 8.2.2). For PSS, node:crypto and WebCrypto also take one whose leading
 * zeros were cut off: another text for the same signature.
 */
export function isAsLongAsKey(signature: Uint8Array, modulusBits: number): boolean {
  return signature.byteLength === Math.ceil(modulusBits / 8)
}
