import { BackendUnavailableError } from '../backend-unavailable-error'
import { checkGraphics } from './graphics-checks'

/** The refusal where WebGPU finds no adapter, with the first thing that this machine lacks. */
export function noAdapter(): BackendUnavailableError {
  const missing = checkGraphics().find(({ ok }) => !ok)
  return new BackendUnavailableError({
    engine: 'webgpu',
    reason: `Engine 'webgpu' found no GPU adapter.${missing === undefined ? '' : ` ${missing.found}`}`,
    remedy: missing?.remedy ?? 'Install or update the driver of the card, or choose another engine.',
  })
}
