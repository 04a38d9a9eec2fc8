import { getKernel, registerKernel, unregisterKernel, type KernelConfig, type KernelFunc } from '@tensorflow/tfjs-core'

const marker: unique symbol = Symbol.for('@sbgm/backends.kernel-override') as never

/** An override as it stands in the kernel registry: it remembers what it replaced and how often it was asked for. */
interface KernelOverride extends KernelConfig {
  readonly [marker]: { readonly original: KernelConfig | undefined; holders: number }
}

/** Which kernel to replace, and by what. */
export interface OverrideOptions {
  /** Kernel name, such as 'BatchMatMul'. */
  readonly kernelName: string
  /** Backend whose kernel it is, such as 'wasm'. */
  readonly backendName: string
  /** Makes the replacement from the kernel that it replaces. */
  readonly replace: (stock: KernelFunc) => KernelFunc
}

/**
 * Replaces a registered tfjs kernel. The registry is global, so the override counts its holders: asked for twice it
 * stands once, and the original comes back when the last holder gives it up.
 *
 * @returns a function that gives this hold up; calling it again does nothing.
 * @throws {Error} if that kernel is not registered.
 */
export function overrideKernel({ kernelName, backendName, replace }: OverrideOptions): () => void {
  const registered = getKernel(kernelName, backendName) as KernelConfig | undefined
  if (registered === undefined) {
    throw new Error(
      `Kernel ${kernelName} must be registered for backend '${backendName}' before it can be replaced; got none. ` +
        `Import the package of backend '${backendName}' first.`,
    )
  }
  return hold(isOverride(registered) ? registered : install({ ...registered, kernelFunc: replace(registered.kernelFunc) }, registered))
}

/**
 * Registers a kernel that a backend lacks, or in place of the one it has; counted as {@link overrideKernel} is. The last
 * holder's giving up leaves what was there before: the kernel of that time, or none.
 *
 * @returns a function that gives this hold up; calling it again does nothing.
 */
export function provideKernel(kernel: KernelConfig): () => void {
  const registered = getKernel(kernel.kernelName, kernel.backendName) as KernelConfig | undefined
  return hold(registered !== undefined && isOverride(registered) ? registered : install(kernel, registered))
}

/**
 * Makes several installations one: all of them stand, or, where one throws, none.
 *
 * @returns a function that takes all of them back.
 */
export function installTogether(installs: readonly (() => () => void)[]): () => void {
  const releases: (() => void)[] = []
  const release = () => releases.forEach((releaseOne) => releaseOne())
  try {
    for (const install of installs) releases.push(install())
  } catch (error) {
    release()
    throw error
  }
  return release
}

const isOverride = (kernel: KernelConfig): kernel is KernelOverride => marker in kernel

function install(kernel: KernelConfig, original: KernelConfig | undefined): KernelOverride {
  const override: KernelOverride = { ...kernel, [marker]: { original, holders: 0 } }
  if (original !== undefined) unregisterKernel(kernel.kernelName, kernel.backendName) // registering over an existing kernel warns
  registerKernel(override)
  return override
}

function hold(override: KernelOverride): () => void {
  const { kernelName, backendName, [marker]: state } = override
  state.holders++
  let held = true
  return () => {
    if (!held) return
    held = false
    if (--state.holders > 0 || getKernel(kernelName, backendName) !== override) return
    unregisterKernel(kernelName, backendName)
    if (state.original !== undefined) registerKernel(state.original)
  }
}
