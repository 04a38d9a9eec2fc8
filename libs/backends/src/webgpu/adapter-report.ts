/** What is known of a GPU adapter: a card with its driver, or a program that pretends to be one. */
export interface AdapterReport {
  /** Who made it, such as 'nvidia'; '' where it does not say. */
  readonly vendor: string
  /** Its family, such as 'ampere'. */
  readonly architecture: string
  /** Its name, such as 'NVIDIA GeForce RTX 3060', or a number. */
  readonly device: string
  /** What the driver says of itself. */
  readonly description: string
  /** Whether it computes on the processor: SwiftShader, lavapipe, WARP. */
  readonly software: boolean
  /** What it allows at most, by WebGPU's name: sizes in bytes, and counts. Devices are opened with all of it. */
  readonly limits: Readonly<Record<string, number>>
}

/** The limits that computing meets. A device has WebGPU's small defaults, 128 MiB in one tensor, unless it is asked for more. */
const computeLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxUniformBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const

/** Names under which implementations of Vulkan, Direct3D and OpenGL on the processor go. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software/i

/** Reads what an adapter says of itself. */
export function reportAdapter({ info, limits }: { readonly info: object; readonly limits: object }): AdapterReport {
  const told = info as Readonly<Record<string, unknown>>
  const text = (name: string) => (typeof told[name] === 'string' ? told[name] : '')
  const [vendor, architecture, device, description] = ['vendor', 'architecture', 'device', 'description'].map(text)
  return {
    vendor, architecture, device, description,
    software: told['isFallbackAdapter'] === true || softwareNames.test([vendor, architecture, device, description].join(' ')),
    limits: Object.fromEntries(computeLimits.map((name) => [name, Number((limits as Readonly<Record<string, unknown>>)[name])]).filter(([, value]) => !Number.isNaN(value))),
  }
}

/** An adapter in a few words, such as `nvidia ampere (NVIDIA GeForce RTX 3060; NVIDIA: 550.54)`. */
export function describeAdapter({ vendor, architecture, device, description }: AdapterReport): string {
  const family = [vendor, architecture].filter(Boolean).join(' ') || 'unnamed'
  const told = [device, description].filter((text) => text !== '' && !/^0x[\da-f]+$/i.test(text)).join('; ')
  return told === '' ? family : `${family} (${told})`
}
