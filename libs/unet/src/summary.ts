import type { Layer } from './layer'

const sizeOf = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1)
const grouped = (value: number) => value.toLocaleString('en-US')

/** Number of parameters of a layer. */
export const parameterCount = ({ parameters }: Layer): number => parameters.reduce((total, { shape }) => total + sizeOf(shape), 0)

/** A text table of layers: what each does, the shape it makes of one sample, its parameters and multiply-adds; and the totals. */
export function summaryOf(layers: readonly Layer[]): string {
  const total = (count: (layer: Layer) => number) => grouped(layers.reduce((sum, layer) => sum + count(layer), 0))
  const rows = [
    ['layer', 'operation', 'output', 'parameters', 'multiply-adds'],
    ...layers.map((layer) => [layer.name, layer.operation, layer.output.join(' × '), grouped(parameterCount(layer)), grouped(layer.multiplyAdds)]),
    ['total', '', '', total(parameterCount), total(({ multiplyAdds }) => multiplyAdds)],
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd()
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [line(rows[0]), rule, ...rows.slice(1, -1).map(line), rule, line(rows[rows.length - 1])].join('\n')
}
