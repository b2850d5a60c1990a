import { quoteText } from '../database/quote.ts'
import { arrayLiteral } from './array-literal.ts'
import type { FloorPlan } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'

/**
 * The statement that refuses views whose owner the floor itself would blind: policies look through them, and one that forbids something of what
 * it finds would find nothing.
 */
export function blindViews({ looks, tables }: FloorPlan, { exempt }: NamedRoles): string {
  const mapped = tables.map(({ id }) => id)
  const views = looks.map(({ schema, name }) => `${schema}.${name}`).filter((id) => !mapped.includes(id))
  if (views.length === 0) return ''
  const list = (names: readonly string[]) => `${quoteText(arrayLiteral(names))}::text[]`
  return `DO $lockstep$
DECLARE
  one record;
BEGIN
  FOR one IN
    WITH RECURSIVE named AS (
      SELECT c.oid, c.relowner, c.relkind, n.nspname || '.' || c.relname AS id FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ), behind AS (
      SELECT oid, relowner, id, id AS seen FROM named WHERE id = ANY (${list(views)}) AND relkind = 'v'
      UNION
      SELECT n.oid, n.relowner, b.id, n.id FROM behind AS b JOIN pg_rewrite AS r ON r.ev_class = b.oid
        JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        JOIN named AS n ON n.oid = d.refobjid AND n.relkind IN ('v', 'r', 'p')
    )
    SELECT DISTINCT b.id, t.seen, o.rolname FROM behind AS b JOIN behind AS t ON t.id = b.id AND t.seen = ANY (${list(mapped)})
      JOIN pg_roles AS o ON o.oid = b.relowner
    WHERE NOT (o.rolsuper OR o.rolbypassrls OR o.rolname = ANY (${list(exempt)})) AND NOT (b.seen = ANY (${list(mapped)}))
    ORDER BY 1, 2, 3
  LOOP
    RAISE EXCEPTION 'the view % reads the mapped table % as the role %, which sees no row of it any more: make the role exempt', one.id, one.seen, one.rolname;
  END LOOP;
END
$lockstep$;
`
}
