import type { OutputPlan, ResultPlan } from './output-plan.ts'

/** Whether anything that a tool releases is held against the rows that its statements returned. */
export function bindsRows(plan: ResultPlan | undefined): boolean {
  return plan?.structure !== undefined && holdsRows(plan.structure)
}

function holdsRows(plan: OutputPlan): boolean {
  switch (plan.kind) {
    case 'rows':
    case 'record':
      return true
    case 'object':
      return plan.members.some((member) => holdsRows(member.plan))
    case 'list':
      return holdsRows(plan.items)
    default:
      return false
  }
}
