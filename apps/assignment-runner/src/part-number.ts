/** The parts of the whole assignment, whether or not this version has them. */
export const partNumbers = [1, 2, 3, 4] as const

/** Number of a part of the assignment. */
export type PartNumber = (typeof partNumbers)[number]
