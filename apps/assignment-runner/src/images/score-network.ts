import type { LabelledImages } from '@sbgm/datasets'
import { unet, type UNet } from '@sbgm/unet'
import type { ImageModelSettings } from './settings'

/** The UNet of parts 2 and 3: predicts the noise, with continuous time. */
export const scoreNetwork = ({ network }: ImageModelSettings, { height, width, channels }: LabelledImages): UNet<'noise'> =>
  unet({ height, width, channels, predicts: 'noise', ...network })

/** Images that the network is evaluated on at a time where that must be one number for all batches; more than 64 at once are no faster. */
export const rowsAtATime = ({ sampling }: ImageModelSettings): number => Math.min(64, sampling.batch)
