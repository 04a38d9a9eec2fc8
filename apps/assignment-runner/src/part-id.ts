import { partNumbers } from './part-number'

/** All that a run can be asked for, in the order in which it is done: the assignment's parts by number, and what goes beyond them by name. */
export const partIds = [...partNumbers, 'compare'] as const

/** A part of the assignment, or what goes beyond it. */
export type PartId = (typeof partIds)[number]

/** Its folder in OUT. */
export const partFolder = (part: PartId): string => (typeof part === 'number' ? `part${part}` : part)

/** What it is called within a sentence. */
export const partName = (part: PartId): string => (typeof part === 'number' ? `part ${part}` : part)

/** The same at the head of a line. */
export const capitalised = (text: string): string => text[0].toUpperCase() + text.slice(1)

/** Those that are parts of the assignment. */
export const isPartNumber = (part: PartId): part is (typeof partNumbers)[number] => typeof part === 'number'

/** Compares two by the order in which they are done. */
export const byOrder = (a: PartId, b: PartId): number => partIds.indexOf(a) - partIds.indexOf(b)
