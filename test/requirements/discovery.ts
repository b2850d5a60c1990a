export const discovery = {
  'discovery:capability:accepted': {
    says: 'a capability that is sent back as it was issued changes nothing',
    serves: 'R14',
  },
  'discovery:capability:narrows': {
    says: 'a capability for anything but this call by this caller under this policy refuses the call',
    serves: 'R14',
  },
  'discovery:list:locked': {
    says: 'a locked tool shows its name and what unlocks it, what can never be used is absent',
    serves: 'R15',
  },
} as const
