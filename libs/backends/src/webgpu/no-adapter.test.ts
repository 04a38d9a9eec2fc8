import { describe, expect, it } from 'vitest'
import { checkGraphics } from './graphics-checks'
import { noAdapter } from './no-adapter'

const bare = { platform: 'linux', env: {}, usable: () => false, list: (folder: string) => (folder === '/lib64' ? ['libvulkan.so.1'] : []) }

describe('the refusal where there is no adapter', () => {
  it('names all that is missing, each with what to do, and that another engine will do', () => {
    const { reason, remedy } = noAdapter(checkGraphics(bare))
    expect(reason).toMatch(/found no GPU adapter\. No driver for Vulkan is registered .*\. The kernel shows no card /)
    expect(reason).not.toContain('libvulkan')
    expect(remedy).toMatch(/^Install the driver of the card .*Docker: --gpus all.*Or choose another engine\.$/)
  })

  it('sends to the driver where nothing is known to be missing', () => {
    const { message } = noAdapter([])
    expect(message).toBe("Engine 'webgpu' found no GPU adapter. Install or update the driver of the card, or choose another engine.")
  })
})
