import { expect, test } from 'vitest'
import { proves } from '../../../../test/requirements/index.ts'
import { casesOf, tryAttacks } from './attack.ts'
import { proofAttacks, elsewhere as provedElsewhere } from './proof-attacks.ts'
import { elsewhere as judgedElsewhere, tokenAttacks } from './token-attacks.ts'

const AREAS = [
  { area: 'JWT access token', attacks: tokenAttacks, elsewhere: judgedElsewhere },
  { area: 'Credential carriage and DPoP', attacks: proofAttacks, elsewhere: provedElsewhere },
]

tryAttacks((variant) => proves('gateway:token:attack', variant), 'JWT access token', tokenAttacks)
tryAttacks((variant) => proves('gateway:proof:attack', variant), 'Credential carriage and DPoP', proofAttacks)

test.each(AREAS)(proves('gateway:attacks:covered', '$area'), ({ area, attacks, elsewhere }) => {
  const ids = casesOf(area).map(({ id }) => id)
  expect([...Object.keys(attacks), ...Object.keys(elsewhere)].sort()).toEqual([...ids].sort())
})
