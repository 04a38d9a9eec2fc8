import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { InterruptedError } from './errors'
import { watchInterruption } from './interruption'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watched() {
  const signals = new EventEmitter()
  const log: string[] = []
  const watch = watchInterruption({
    signals,
    onInterrupt: (by) => log.push(`interrupted by ${by}, aborted: ${watch.signal.aborted}`),
    onForce: (by) => log.push(`forced by ${by}`),
  })
  return { signals, log, watch, press: (name: string) => signals.emit(name, name) }
}

it('the first signal is recorded, then aborts the work, with the signal as the reason', () => {
  const { log, watch, press } = watched()
  press('SIGTERM')
  expect(log).toEqual(['interrupted by SIGTERM, aborted: false'])
  expect(watch.signal.reason).toBeInstanceOf(InterruptedError)
  expect(watch.signal.reason).toMatchObject({ by: 'SIGTERM' })
})

it('work that does not end within 0.8 s is ended by force', () => {
  const { log, press } = watched()
  press('SIGINT')
  vi.advanceTimersByTime(799)
  expect(log).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(log[1]).toBe('forced by SIGINT')
})

it('work that ends in time is not ended by force, and no listener stays', () => {
  const { signals, log, watch, press } = watched()
  press('SIGINT')
  watch.stop()
  vi.advanceTimersByTime(10_000)
  expect(log).toHaveLength(1)
  expect(signals.eventNames()).toEqual([])
})

it('a second press ends by force at once, but an echo of the first within 0.25 s does not', () => {
  const { log, press } = watched()
  press('SIGINT')
  vi.advanceTimersByTime(250)
  press('SIGINT')
  expect(log).toHaveLength(1)
  vi.advanceTimersByTime(1)
  press('SIGINT')
  expect(log[1]).toBe('forced by SIGINT')
})
