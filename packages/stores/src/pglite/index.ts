export { openStateFolder, type StateFolder, type StateFolderOptions } from './open-state-folder.ts'
