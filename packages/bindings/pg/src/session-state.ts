/**
 * Sets what a rewritten statement takes for granted of its session, once for each connection:
 *
 * - Relations are printed with their schema, operators and functions are not. PostgreSQL looks for them in `pg_catalog` first, unless the path
 *   names it somewhere else: then it is taken out of the path.
 * - Text constants mean what they meant when the statement was printed, and `= NULL` is no `IS NULL`.
 * - A statement that is kept parsed is planned anew with the parameters of each use, as one is that is not kept: what one caller may see says
 *   nothing about how much another one may. A session that is mostly sent what has one plan for everybody is set otherwise later.
 */
export const PIN_SESSION = `SELECT
  pg_catalog.set_config('search_path', CASE WHEN path.given OPERATOR(pg_catalog.~) 'pg_catalog' THEN path.others ELSE path.given END, false),
  pg_catalog.set_config('standard_conforming_strings', 'on', false),
  pg_catalog.set_config('transform_null_equals', 'off', false),
  pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', false)
FROM (
  SELECT pg_catalog.current_setting('search_path') AS given, (
    SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(item.name::pg_catalog.text), ', ' ORDER BY item.place), '""')
    FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS item (name, place)
    WHERE item.name OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
  ) AS others
) AS path`

/** Sets how the session plans what it keeps parsed; `$1` is a value of `plan_cache_mode`. */
export const SET_PLAN_MODE = `SELECT pg_catalog.set_config('plan_cache_mode', $1, false)`

/**
 * Leaves nothing of what ran in a session: settings, role, temporary tables, advisory locks, LISTEN, prepared statements. It fails inside a
 * transaction, so that a session with an open one is never lent again.
 */
export const RESET_SESSION = 'DISCARD ALL'
