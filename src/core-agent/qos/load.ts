import type { QosController } from './controller.ts'

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
  corrections: ({ load: [, five, fifteen], revocable }) => {
    const exceeded = [
      { signal: 'load_5min', value: five, threshold: fiveMinutes ?? Infinity },
      { signal: 'load_15min', value: fifteen, threshold: fifteenMinutes ?? Infinity },
    ].find(({ value, threshold }) => value > threshold)
    return exceeded === undefined ? [] : revocable.map((victim) => ({ victim, ...exceeded }))
  },
})
