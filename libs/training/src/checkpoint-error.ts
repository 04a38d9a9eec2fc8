/** A checkpoint or another file of a run cannot be read or written; names the file, the reason, and what to do. */
export class CheckpointError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'CheckpointError'
  /** The file or folder. */
  readonly path: string

  /**
   * @param path - the file or folder
   * @param problem - what is wrong and what to do, worded to follow the path
   * @param cause - the error behind it
   */
  constructor(path: string, problem: string, cause?: unknown) {
    super(`${path} ${problem}`, { cause })
    this.path = path
    Object.defineProperty(this, Symbol.for('@sbgm/error/CheckpointError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is CheckpointError {
    return typeof error === 'object' && error !== null && Symbol.for('@sbgm/error/CheckpointError') in error
  }
}

/** What an error says, without its full stop. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))

/** The error of a file that is no whole checkpoint; `what` says what is wrong with it. */
export const damaged = (path: string, what: string, cause?: unknown): CheckpointError =>
  new CheckpointError(path, `is damaged: ${what}. Remove it to go on from the checkpoint before it.`, cause)

/** Why the file system refused, in words, with what to do about it. */
export function fileSystemCause(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (Object.hasOwn(causes, code)) return `${causes[code]} (${code})`
  return error instanceof Error ? error.message : String(error)
}

const causes: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device; free some, or give another folder',
  EDQUOT: 'the disk quota is used up; free some space, or give another folder',
  EFBIG: 'the file would be larger than allowed; raise the limit, or give another folder',
  EACCES: 'permission denied; give a folder of your own',
  EPERM: 'not permitted; give a folder of your own',
  EROFS: 'the file system is read-only; give another folder',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file stands where a folder is needed; move it, or give another folder',
  EEXIST: 'a file stands where a folder is needed; move it, or give another folder',
  EISDIR: 'a folder stands where a file is needed; move it, or give another folder',
  EMFILE: 'too many files are open; raise the limit of open files',
}
