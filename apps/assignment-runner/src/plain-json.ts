/**
 * JSON as the outputs hold it: indented by two, a newline at the end, typed arrays as lists, and NaN and ±Infinity as
 * the texts 'NaN', 'Infinity', '-Infinity' (JSON itself would make null of them, and a bar's NaN would be lost).
 */
export function plainJson(value: unknown): string {
  const replace = (_key: string, entry: unknown): unknown => {
    if (typeof entry === 'number' && !Number.isFinite(entry)) return String(entry)
    if (typeof entry === 'bigint') return String(entry)
    return ArrayBuffer.isView(entry) && !(entry instanceof DataView) ? Array.from(entry as Uint8Array) : entry
  }
  return `${JSON.stringify(value, replace, 2)}\n`
}

/** A number written by {@link plainJson}, or `undefined` where there is none. */
export function plainNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined
}
