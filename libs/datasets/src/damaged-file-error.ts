/** A data file is not what it should be: cut short, of another kind, or of other contents than published. */
export class DamagedFileError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'DamagedFileError'
  /** The file: its path, or its name where it came as bytes. */
  readonly file: string
  /** What is wrong with it, worded to follow the file's name. */
  readonly problem: string

  /**
   * @param file - its path or name
   * @param problem - what is wrong, worded to follow the file's name
   * @param remedy - what to do
   */
  constructor(file: string, problem: string, remedy = 'Get it anew from where it was published.') {
    super(`${file} ${problem}. ${remedy}`)
    this.file = file
    this.problem = problem
    Object.defineProperty(this, Symbol.for('@sbgm/error/DamagedFileError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is DamagedFileError {
    return typeof error === 'object' && error !== null && Symbol.for('@sbgm/error/DamagedFileError') in error
  }
}
