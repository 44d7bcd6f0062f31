import { readFileSync } from 'node:fs'

/**
 * How many tests of a vitest report passed and failed, given the exit code of the run: a file that does not load, a teardown
 * that fails and a run that breaks off count as one failure each.
 */
export const count = (report, code) => {
  const { numPassedTests, numFailedTests, testResults } = read(report)
  const brokenFiles = testResults.filter(
    (file) =>
      file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length
  const failed = numFailedTests + brokenFiles
  return { passed: numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed }
}

const read = (report) => {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  }
}
