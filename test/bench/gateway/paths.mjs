/**
 * The measured servers: Express 5 with one POST route that answers 75 bytes. Only what stands before the route differs; everywhere but
 * behind all four layers, `express.json()` reads the body after it.
 */
export const PATHS = [
  { name: 'none', module: './servers/baseline.mjs' },
  { name: 'gateway', module: './servers/lockstep-gateway.mjs', options: { verification: 'fast' } },
  { name: 'gateway-jose', module: './servers/lockstep-gateway.mjs', options: { verification: 'jose' } },
  { name: 'plain-jose', module: './servers/plain-jose.mjs' },
  { name: 'express-oauth2-jwt-bearer', module: './servers/express-oauth2-jwt-bearer.mjs' },
  { name: 'four-layers-memory', module: './servers/lockstep-full.mjs', options: { state: 'memory' } },
  { name: 'four-layers-folder', module: './servers/lockstep-full.mjs', options: { state: 'folder' }, share: 0.1 },
]
