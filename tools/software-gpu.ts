import { existsSync } from 'node:fs'

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'

/**
 * For tests: has Vulkan find SwiftShader, a GPU in software that Debian's package chromium brings, where no driver is named already.
 * To be called before WebGPU is opened first.
 */
export function offerSwiftShader(): void {
  if (process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'] ?? !existsSync(swiftShader)) return
  process.env['VK_ICD_FILENAMES'] = swiftShader
}

/** For tests: why a test is skipped where WebGPU finds no adapter at all. */
export const noAdapter = (reason: string): string => `needs a GPU, or Debian's packages chromium and libvulkan1 (SwiftShader): ${reason}`

/** For tests: {@link noAdapter} for what was thrown, where it says that there is none; anything else is thrown on. */
export function noAdapterBy(error: Error): string {
  if (!/adapter/i.test(error.message)) throw error
  return noAdapter(error.message)
}
