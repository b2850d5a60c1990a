export const state = {
  'state:single-use:once': { says: 'an id is consumed once and refused from then on', serves: 'R18' },
  'state:single-use:racers': { says: 'of concurrent consumers of one id exactly one wins', serves: 'R18' },
  'state:single-use:expired': { says: 'an id that is no longer remembered stays refused', serves: 'R18' },
  'state:single-use:bounded': { says: 'a malformed or oversized id is refused before it is remembered', serves: 'R18' },
  'state:single-use:closed': { says: 'a closed store rejects instead of answering', serves: 'R7' },
  'state:single-use:restart': { says: 'a restart or a killed process does not re-open a consumed id', serves: 'R18' },
  'state:folder:locked': { says: 'a second process is refused with the folder named', serves: 'R18' },
  'state:folder:killed': { says: 'a killed process leaves a folder that opens again', serves: 'R18' },
  'state:folder:half-written': { says: 'an unfinished database is made anew, never opened', serves: 'R18' },
  'state:folder:not-writable': { says: 'a folder that cannot be written is refused with its name', serves: 'R18' },
  'state:folder:format': { says: 'a folder of another format is refused and left as it is', serves: 'R18' },
  'state:kept:same': { says: 'a kept text is made once and is the same after a restart', serves: 'R26' },
} as const
