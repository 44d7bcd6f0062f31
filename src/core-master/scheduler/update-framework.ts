import type { SchedulerCallUpdateFramework } from '../../mesos/wire.ts'
import { rescind } from '../offers/withdraw.ts'
import { unauthorizedRole } from '../security/authorize.ts'
import type { Framework, Offer } from '../state.ts'
import type { Turn } from '../turn.ts'
import { frameworkInfoProblem, updateProblem } from '../validation/framework-info.ts'
import { applyInfo, sendInfo } from './subscribe.ts'

/** UPDATE_FRAMEWORK: answered at once; offers of roles it leaves are rescinded, no run is due (core-master §1.5, O3). */
export const updateFramework = (
  turn: Turn,
  framework: Framework,
  call: SchedulerCallUpdateFramework,
): void => {
  const suppressed = call.suppressed_roles ?? []
  const problem =
    frameworkInfoProblem(call.framework_info, { suppressed, whitelist: turn.config.roles }) ??
    updateProblem(framework.info, call.framework_info)
  if (problem !== undefined) {
    turn.effects.push({
      type: 'answer',
      status: 400,
      body: `'FrameworkInfo' update is not valid: ${problem}`,
    })
    return
  }
  const unauthorized = unauthorizedRole(turn.config.acls, call.framework_info)
  if (unauthorized !== undefined) {
    turn.effects.push({ type: 'answer', status: 403, body: unauthorized })
    return
  }
  applyInfo(framework, call.framework_info, suppressed)
  for (const offer of framework.offers) if (!isStillFor(framework, offer)) rescind(turn, offer)
  for (const role of framework.filters.keys())
    if (!framework.roles.includes(role)) framework.filters.delete(role)
  sendInfo(turn, framework)
  turn.effects.push({ type: 'answer', status: 200, body: '' })
}

/** What is lent must not stay with a framework that no longer takes it: it would be used as if it were kept (I2). */
const isStillFor = ({ roles, capabilities }: Framework, { role, resources }: Offer): boolean =>
  roles.includes(role) &&
  (capabilities.has('REVOCABLE_RESOURCES') || !resources.some(({ revocable }) => revocable))
