const TASK = /^task-[A-Za-z0-9_-]{32}$/

/** Whether an id is that of a job which is a client's task. The ids of other jobs name nothing to clients. */
export function isTask(id: string): boolean {
  return TASK.test(id)
}
