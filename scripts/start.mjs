// `npm start`: installs what is missing, builds, and plays the story. Arguments are passed on: `npm start -- --once`.
import { build } from './steps/build.mjs'
import { install } from './steps/install.mjs'
import { at } from './steps/root.mjs'
import { runNode } from './steps/run.mjs'

async function start() {
  if (!(await install())) return 1
  process.stderr.write('building\n')
  if (!(await build())) return 1
  return runNode([at('examples', 'expense-approval', 'dist', 'story', 'main.js'), ...process.argv.slice(2)])
}

// The story ends itself when it is interrupted; this process only waits for it.
process.on('SIGINT', () => {})
process.exitCode = await start()
