import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { describe, expect, it } from 'vitest'
import { GpuDeviceError, type GpuFailure } from './gpu-device-error'
import { guardDevice } from './guard-device'

class GPUValidationError { constructor(readonly message: string) {} }
class GPUOutOfMemoryError { constructor(readonly message: string) {} }
class GPUInternalError { constructor(readonly message: string) {} }

/** What of a backend the guard touches, with a device that fails when it is told to. */
function guarded({ read = () => Promise.resolve(Float32Array.of(1)) }: { readonly read?: () => Promise<Float32Array> } = {}) {
  const device = new EventTarget()
  let lose: (info: { message: string }) => void = () => undefined
  const lost = new Promise<{ message: string }>((resolve) => (lose = resolve))
  const ran: string[] = []
  const values = new Map<object, { values: Float32Array | null; dtype: string }>()
  const backend = { device: Object.assign(device, { lost }), uploadToGPU: () => ran.push('ran'), read, readSync: () => 'the numbers', tensorMap: values }
  const expectEnd = guardDevice(backend as unknown as WebGPUBackend, 'acme (X1)')
  const run = () => {
    ;(backend.uploadToGPU as () => unknown)()
    return ran.at(-1)
  }
  const readBack = () => (backend.read as (id: object) => Promise<unknown>)({})
  const report = (error: object) => {
    const event = Object.assign(new Event('uncapturederror', { cancelable: true }), { error })
    device.dispatchEvent(event)
    return event.defaultPrevented
  }
  return { backend, run, read: readBack, report, lose, expectEnd, values }
}
const thrown = (failure: GpuFailure, message: RegExp) => expect.objectContaining({ name: 'GpuDeviceError', failure, message: expect.stringMatching(message) as string }) as Error

describe('a guarded device', () => {
  it('changes nothing as long as nothing fails', async () => {
    const { run, read } = guarded()
    expect([run(), await read()]).toEqual(['ran', Float32Array.of(1)])
  })

  it.each([
    [new GPUValidationError('bad\n  shader.'), 'validation', /^The GPU acme \(X1\) refused a command: bad shader\. That is a defect/],
    [new GPUOutOfMemoryError(''), 'out-of-memory', /^The GPU acme \(X1\) has no memory left\. Take a smaller batch/],
    [new GPUInternalError('oops'), 'internal', /failed inside its driver: oops\. Update the driver/],
  ] as const)('throws %o from every operation and read that comes after it, and says what to do', async (error, failure, message) => {
    const { run, read, report } = guarded()
    expect(report(error)).toBe(true) // and it is not printed besides
    expect(run).toThrow(thrown(failure, message))
    await expect(read()).rejects.toEqual(thrown(failure, message))
    expect(run).toThrow(thrown(failure, message))
  })

  it('keeps the first failure, of which the others are consequences', () => {
    const { run, report } = guarded()
    report(new GPUOutOfMemoryError('first'))
    report(new GPUValidationError('second'))
    expect(run).toThrow('first')
  })

  it('hands out no numbers where the failure is told while they are read', async () => {
    const { read, report } = guarded({ read: () => Promise.resolve().then(() => (report(new GPUValidationError('late')), Float32Array.of(0))) })
    await expect(read()).rejects.toThrow('late')
  })

  it('tells a lost device, also where the read that it broke is told first', async () => {
    const { run, read, lose } = guarded({
      read: () => {
        setImmediate(() => lose({ message: 'reset' }))
        return Promise.reject(new Error('mapping was aborted'))
      },
    })
    await expect(read()).rejects.toEqual(thrown('lost', /was lost: reset\. A reset of the driver/))
    expect(run).toThrow(thrown('lost', /reset/))
  })

  it('throws what a read throws by itself', async () => {
    await expect(guarded({ read: () => Promise.reject(new Error('own')) }).read()).rejects.toThrow('own')
  })

  it('takes the end of the device that is announced for no failure', async () => {
    const { run, lose, expectEnd } = guarded()
    expectEnd()
    lose({ message: 'destroyed' })
    await new Promise(setImmediate)
    expect(run()).toBe('ran')
  })

  it('gives numbers that lie on the processor synchronously, and says for others what to do', () => {
    const { backend, values } = guarded()
    const [host, card] = [{}, {}]
    values.set(host, { values: Float32Array.of(1), dtype: 'float32' }).set(card, { values: null, dtype: 'float32' })
    const readSync = backend.readSync as (id: object) => unknown
    expect(readSync(host)).toBe('the numbers')
    expect(() => readSync(card)).toThrow(/must be read asynchronously; got dataSync.*Await data\(\) instead/)
  })
})

it('GpuDeviceError is told across copies of the package', () => {
  expect(GpuDeviceError.isInstance(new GpuDeviceError('lost', { adapter: 'x', message: '' }))).toBe(true)
  expect([GpuDeviceError.isInstance(new Error('lost')), GpuDeviceError.isInstance(undefined)]).toEqual([false, false])
})
