import type { Part } from './part'
import { part1 } from './part1/part1'

/** The parts of the assignment that this version has. */
export const parts: readonly Part[] = [part1]
