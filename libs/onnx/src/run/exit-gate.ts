/*
 * A process that exits stops its worker threads at once, and onnxruntime's binding aborts the whole process when it returns
 * into a thread that was stopped under it. So a worker passes a gate, one shared number, around everything it does, and the
 * exiting process closes the gate: it waits for what is under way, and nothing begins after that.
 */

const waitAtMostMs = 60_000

/** What the shared number says; the worker's script has the same numbers. */
const [open, passing, shut] = [0, 1, 2]

/** A gate that is open, to be handed to the worker. */
export const exitGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Closes a gate, blocking this thread until what passes it has done so: a run takes no longer than its step, and a minute is
 * the most that is waited for, lest a worker that died in there hold the process for ever.
 */
export function shutExitGate(gate: Int32Array): void {
  const deadline = performance.now() + waitAtMostMs
  while (Atomics.compareExchange(gate, 0, open, shut) === passing && performance.now() < deadline) {
    Atomics.wait(gate, 0, passing, deadline - performance.now())
  }
}
