import { BackendUnavailableError } from '../backend-unavailable-error'
import { checkGraphics, type GraphicsCheck } from './graphics-checks'

/**
 * The refusal where WebGPU finds no adapter, with all that this machine lacks: where a driver and the card are missing, the driver alone would help nobody.
 *
 * @param checks - what a GPU needs here; for tests
 */
export function noAdapter(checks: readonly GraphicsCheck[] = checkGraphics()): BackendUnavailableError {
  const missing = checks.filter(({ ok }) => !ok)
  const remedies = missing.flatMap(({ remedy }) => remedy ?? [])
  return new BackendUnavailableError({
    engine: 'webgpu',
    reason: ["Engine 'webgpu' found no GPU adapter.", ...missing.map(({ found }) => found)].join(' '),
    remedy: remedies.length === 0 ? 'Install or update the driver of the card, or choose another engine.' : [...remedies, 'Or choose another engine.'].join(' '),
  })
}
