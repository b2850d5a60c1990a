/** Servers that are commands, and answers too large to be held on a line. */
export const relayCommand = {
  'relay:command:clients': {
    says: 'a server that is a command is guarded by relaying to it over stdio, over HTTP and on a line, for servers and clients of both generations',
    serves: 'R25',
  },
  'relay:command:stripped': {
    says: 'a command is sent what was decided on under an id of ours, and no credential of the client reaches it, in messages or in its environment',
    serves: 'R25',
  },
  'relay:command:errors': {
    says: 'what a command writes to its standard error is dropped, unless the configuration lets it go where the errors of the server go',
    serves: 'R25',
  },
  'relay:command:failed': {
    says: 'a command that cannot be started, ends, or writes what is no message becomes a code, and nothing that it wrote leaves',
    serves: 'R25',
  },
  'relay:command:released': {
    says: 'of what a command writes only the answer to a request leaves, once, and reports of its progress; what it asks is refused',
    serves: 'R25',
  },
  'relay:command:late': {
    says: 'a command that is late is told that nobody waits any more, and serves on',
    serves: 'R25',
  },
  'relay:command:sessions': {
    says: 'each session of a caller has a process of its own, which no other caller reaches, and there are no more than may be',
    serves: 'R25',
  },
  'relay:command:ended': {
    says: 'a process ends with its line, with its session, with its relay, and when nobody asks it anything, and so does what it started',
    serves: 'R25',
  },
  'relay:command:unguarded': {
    says: 'nothing is sent on to a command that the guard did not let through, over HTTP or by a transport',
    serves: 'R25',
  },
  'stdio:streamed:equal': {
    says: 'of an answer that is too large to be held the same leaves on a line as would leave of it whole, wherever it says whose it is',
    serves: 'R25',
  },
  'stdio:streamed:alone': {
    says: 'an answer that is released as it comes is one line, into which no other message is written',
    serves: 'R25',
  },
  'stdio:streamed:truncated': {
    says: 'an answer that is cut off on a line is no JSON, is followed by its error, and is recorded as that; clients of both generations go on',
    serves: 'R25',
  },
  'stdio:streamed:pressure': {
    says: 'a command is read no faster than the client of the line reads',
    serves: 'R25',
  },
  'egress:spool:bounded': {
    says: 'what waits in a file is no more than may be',
    serves: 'R25',
  },
} as const
