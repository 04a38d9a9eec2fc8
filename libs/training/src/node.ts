export { CheckpointError } from './checkpoint-error'
export { readCheckpoint, type Checkpoint } from './checkpoint-file'
export { checkpointStore, type CheckpointPlace, type CheckpointStore, type CheckpointStoreOptions, type SaveOptions } from './checkpoint-store'
