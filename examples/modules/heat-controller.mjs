import { readFileSync } from 'node:fs'

/**
 * Slows lent work down on a machine that is warm, and stops it on one that is hot, whoever has made it so.
 * Parameters: `file` in thousandths of a degree, `warm` and `hot` in degrees, `cpus` that lent work keeps when it is warm.
 */
export const heatController = {
  apiVersion: '1.0',
  kind: 'QoSController',
  name: 'example_heat_controller',
  description: 'Throttles and freezes lent work by the temperature of the machine.',
  worker: true,
  compatible: () => true,

  create: ({
    file = '/sys/class/thermal/thermal_zone0/temp',
    warm = '75',
    hot = '90',
    cpus = '0.5',
  }) => ({
    // Asked each second. Each answer stands until the next one; no corrections: lent work runs as it can.
    corrections() {
      const degrees = Number(readFileSync(file, 'utf8')) / 1000
      const why = (threshold) => ({ signal: 'heat', value: degrees, threshold: Number(threshold) })
      if (degrees > Number(hot))
        return [
          { type: 'freeze', ...why(hot) },
          { type: 'close', seconds: 300 },
        ]
      if (degrees > Number(warm))
        return [
          { type: 'throttle', cpus: Number(cpus), ...why(warm) },
          { type: 'close', seconds: 60 },
        ]
      return []
    },
  }),
}
