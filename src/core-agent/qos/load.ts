import { atEase, type Decision, type QosController, type QosUsage } from './controller.ts'

export interface LoadThresholds {
  readonly fiveMinutes?: number | undefined
  readonly fifteenMinutes?: number | undefined
}

/**
 * Kills everything revocable while the 5 or the 15 minute load average is above its threshold; the 1 minute one is
 * too nervous to ask (Mesos' load QoS controller).
 */
export const loadController = ({ fiveMinutes, fifteenMinutes }: LoadThresholds): QosController => ({
  name: 'load',
  decide: <Victim>({ load, revocable }: QosUsage<Victim>): Decision<Victim> => {
    const [, five, fifteen] = load
    const cause = [
      { signal: 'load_5min', value: five, threshold: fiveMinutes ?? Infinity },
      { signal: 'load_15min', value: fifteen, threshold: fifteenMinutes ?? Infinity },
    ].find(({ value, threshold }) => value > threshold)
    if (cause === undefined || revocable.length === 0) return atEase
    const kills = revocable.map(({ victim }) => ({ victim, resource: 'cpus' as const, ...cause }))
    return { ...atEase, level: 'kill', kills, cause }
  },
})
