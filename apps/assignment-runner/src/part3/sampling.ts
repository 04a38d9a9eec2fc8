import type { OwnSampling, SamplingPlan } from '../images/sampler-choice'
import type { ImageModelSettings } from '../images/settings'

/** How part 3 samples where nothing else is asked for. */
export const part3Own = ({ sampling: { steps } }: ImageModelSettings): OwnSampling => ({ sampler: 'euler-maruyama', steps })

/** Name of the noise of its samplers. */
export const part3Stream = 'part3/sampler'

/** Name of the files of its samples. */
export const part3Samples = ({ origin, name }: SamplingPlan): string => (origin === "the part's own" ? 'reverse-sde' : name)
