import type { ContainerLogs, LogSource } from '../../src/core-agent/logs/container-logs.ts'

/** Notes what is followed, and writes nothing. */
export class FakeLogs implements ContainerLogs {
  readonly followed: LogSource[] = []

  follow(source: LogSource): void {
    this.followed.push(source)
  }

  close(): void {}
}
