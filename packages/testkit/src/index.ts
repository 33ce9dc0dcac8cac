export { eventually } from './eventually.ts'
export { FakeClock } from './fake-clock.ts'
export { freePort } from './free-port.ts'
export { tempDir } from './temp-dir.ts'
