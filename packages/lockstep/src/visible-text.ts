export { visibleJson, visibleText } from '@lockstep/core'
