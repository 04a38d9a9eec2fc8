import { compare } from './compare/compare'
import type { Part } from './part'
import { part1 } from './part1/part1'
import { part2 } from './part2/part2'
import { part3 } from './part3/part3'
import { part4 } from './part4/part4'

/** The parts of the assignment that this version has, and what goes beyond them. */
export const parts: readonly Part[] = [part1, part2, part3, part4, compare]
