/** The run id of the server: another one after every restart, and on every replica. */
const RUN = `string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')`

/**
 * KEYS: birth, id. ARGV: issued at, milliseconds to remember, now. Answers `lost` unless this very server process was told when it was
 * born: one that came back from an old snapshot, or took over from another, does not know what it lost.
 */
export const CONSUME = `
local run, born = string.match(redis.call('GET', KEYS[1]) or '', '^(%w+):(%d+)$')
if run == nil or run ~= ${RUN} then return 'lost' end
if tonumber(born) > tonumber(ARGV[3]) then return 'young' end
if tonumber(ARGV[1]) < tonumber(born) then return 'used' end
if redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[2]) then return 'consumed' end
return 'used'`

/** KEYS: birth. ARGV: born at. Tells a server process when it was born, unless it was told a later time. Answers the time that holds. */
export const BEAR = `
local run, born = string.match(redis.call('GET', KEYS[1]) or '', '^(%w+):(%d+)$')
local this = ${RUN}
if run == this and tonumber(born) >= tonumber(ARGV[1]) then return born end
redis.call('SET', KEYS[1], this .. ':' .. ARGV[1])
return ARGV[1]`

/** KEYS: birth. Answers the time when this server process was born, or nothing. */
export const BORN = `
local run, born = string.match(redis.call('GET', KEYS[1]) or '', '^(%w+):(%d+)$')
return run == ${RUN} and born`
