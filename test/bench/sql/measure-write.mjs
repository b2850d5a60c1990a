import { guardPool } from '@lockstep/pg'
import { compare } from './compare.mjs'
import { openInstance } from './open-instance.mjs'
import { NOTES, PEOPLE, READER } from './world.mjs'

/** Each statement, and what a careful application would send by itself. Ids are counted up, so that each is written once. */
function writes(regions) {
  let last = NOTES
  let first = -1
  const next = () => (last += 1)
  const old = () => (first += 1)
  return {
    insert: {
      says: 'one row',
      text: 'insert into notes (id, region_id, body) values ($1, $2, $3)',
      byHand: 'insert into notes (id, region_id, body) values ($1, $2, $3)',
      own: () => [next(), 0, 'a note'],
      other: () => [next(), 0, 'a note'],
    },
    update: {
      says: 'by key',
      text: 'update notes set body = $2 where id = $1',
      byHand: 'update notes set body = $2 where id = $1 and region_id = any ($3::int[])',
      own: () => [NOTES - 1, 'other'],
      other: () => [NOTES - 1, 'other', regions],
    },
    delete: {
      says: 'by key',
      text: 'delete from notes where id = $1',
      byHand: 'delete from notes where id = $1 and region_id = any ($2::int[])',
      own: () => [old()],
      other: () => [old(), regions],
    },
  }
}

/** Measures writes of the guarded pool over those of a plain one; see the header of run.mjs. */
export async function measureWrite(postgres, size) {
  const plain = postgres.pool(READER)
  const instance = await openInstance({ query: (text, values) => plain.query(text, values) })
  const guarded = guardPool(instance.lockstep, postgres.pool(READER))
  const { subject, regions } = PEOPLE.at(-1)
  const caller = await instance.callerOf(subject)
  const measures = {}
  for (const [name, { says, text, byHand, own, other }] of Object.entries(writes(regions))) {
    const one = async ({ rowCount }) => {
      if (rowCount !== 1) throw new Error(`\`${name}\` wrote ${rowCount} rows`)
    }
    measures[`pg-${name}`] = {
      says: `through pg, over the same by hand: ${name} ${says}`,
      value: await compare(
        async () => one(await guarded.query(text, own())),
        async () => one(await plain.query({ text: byHand, values: other(), queryMode: 'extended' })),
        { ...size, round: caller.call },
      ),
      atMost: 1.3,
    }
    if (name !== 'insert') continue
    measures[`pg-${name}-kept`] = {
      says: `through pg, over the same by hand, kept parsed as well: ${name} ${says}`,
      value: await compare(
        async () => one(await guarded.query(text, own())),
        async () => one(await plain.query({ name: 'kept', text: byHand, values: other() })),
        { ...size, round: caller.call },
      ),
    }
  }
  await caller.close()
  await instance.close()
  return measures
}
