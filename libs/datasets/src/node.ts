export { DatasetUnavailableError, type UnavailableReason } from './node/dataset-unavailable-error'
export type { DownloadOptions, DownloadProgress } from './node/download'
export { loadDataset, type LoadDatasetOptions } from './node/load-dataset'
