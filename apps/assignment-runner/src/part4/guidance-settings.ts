import type { Profile } from '../options'

/** How much part 4 samples. */
export interface GuidanceSettings {
  /** Images of the class for each scale, which are measured and shown. */
  readonly images: number
  /** Of these, those in the comparison of the scales, a column each. */
  readonly compared: number
}

/** Per profile; steps and sampler are part 3's. */
export const guidanceSettings: Readonly<Record<Profile, GuidanceSettings>> = {
  smoke: { images: 16, compared: 8 },
  quick: { images: 64, compared: 16 },
  full: { images: 64, compared: 16 },
}
