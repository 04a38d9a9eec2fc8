/** One stretch of work with a known number of steps. */
export interface Stage {
  /**
   * Says how far the stage came; cheap enough to be called at every step. Before its first own step the detail is what it does until then.
   *
   * @param done - steps done so far (not since the last call).
   * @param detail - what is worth seeing now, such as `loss 0.31`.
   */
  advance(done: number, detail?: string): void
  /**
   * Says how far an earlier run had come: these steps are no part of the rate, nor of the time that is left.
   *
   * @param done - steps done before this stage began its own.
   */
  skip(done: number): void
  /** The stage is done. Ending twice does nothing more. */
  end(detail?: string): void
}

/** Where a part says what is going on. */
export interface Progress {
  /** Begins a stage; one runs at a time, and beginning the next ends it. */
  stage(name: string, total: number): Stage
  /** A line that stays. */
  note(line: string): void
}

/** A {@link Progress} that may hold a live line, which has to be given back. */
export interface ProgressDisplay extends Progress {
  /** Ends the live line, where there is one, and shows the cursor again. */
  close(): void
}

/** Where lines go: a terminal, a file or a pipe. */
export type TextStream = NodeJS.WritableStream & { readonly isTTY?: boolean }

/** What the displays need. */
export interface ProgressOptions {
  readonly stream: TextStream
  /** Milliseconds on a clock that never goes back. @defaultValue performance.now */
  readonly now?: () => number
}
