import { quoteName, quoteText } from '../database/quote.ts'
import type { FloorPlan } from './floor-plan.ts'
import type { NamedRoles } from './floor-roles.ts'

/** The session's setting that carries the handle of the running call. */
export const CALL_SETTING = 'lockstep.call'

/** The functions that a floor's policies call, under the authority of the floor's owner. */
export function floorFunctions(plan: FloorPlan, { role, writer, owner }: NamedRoles, schema: string): string {
  const looks = plan.tables.flatMap(({ rows }) => Object.values(rows)).flatMap(({ look }) => (look ? [look] : []))
  const verdicts = [...new Map(looks.map((look) => [look.name, look])).values()].map(
    ({ name, parameters, expression }) => {
      const called = `${quoteName(schema)}.${quoteName(name)}`
      const types = parameters.map((one) => one.type).join(', ')
      const given = parameters.map((one) => `${quoteName(one.name)} ${one.type}`).join(', ')
      return `CREATE FUNCTION ${called}(${given}) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $lockstep$ SELECT ${expression} $lockstep$;
${owned(`${called}(${types})`, owner, role)}`
    },
  )
  const [fact, version] = [`${quoteName(schema)}.fact`, `${quoteName(schema)}.version`]
  return `CREATE FUNCTION ${fact}(name text) RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $lockstep$
BEGIN
  -- no handle, an unknown one, one that is over, and one of another version of the floor tell nothing
  RETURN (
    SELECT calls.facts ->> fact.name
    FROM ${quoteName(schema)}.calls
    WHERE calls.handle = sha256(convert_to(current_setting(${quoteText(CALL_SETTING)}, true), 'UTF8'))
      AND calls.version = ${quoteText(plan.version)}
      AND calls.expires_at > clock_timestamp()
  );
END
$lockstep$;
${owned(`${fact}(text)`, owner, role)}CREATE FUNCTION ${version}() RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $lockstep$ SELECT ${quoteText(plan.version)} $lockstep$;
${owned(`${version}()`, owner, writer)}${verdicts.join('')}`
}

function owned(signature: string, owner: string, role: string): string {
  return `ALTER FUNCTION ${signature} OWNER TO ${quoteName(owner)};
REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${signature} TO ${quoteName(role)};
`
}
