import type { LabelledImages } from '@sbgm/datasets'
import { unet, type UNet } from '@sbgm/unet'
import type { ImageModelSettings } from './settings'

/** The UNet of parts 2 and 3: predicts the noise, with continuous time. */
export const scoreNetwork = ({ network }: ImageModelSettings, { height, width, channels }: LabelledImages): UNet<'noise'> =>
  unet({ height, width, channels, predicts: 'noise', ...network })
