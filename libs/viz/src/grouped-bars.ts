import { checkFinite, checkLength } from './input-checks'
import { type Frame, type Layer, extentOf } from './layer'
import { element, px } from './svg'
import { linePalette, theme } from './theme'

/** Values of one kind, one for each category. */
export interface BarSeries {
  /** Heights of the bars, (categories,), from zero. */
  readonly values: ArrayLike<number>
  /** Half lengths of error bars, (categories,), such as standard errors. @defaultValue none */
  readonly errors?: ArrayLike<number>
  /** Entry in the legend. @defaultValue none */
  readonly label?: string
  /** CSS colour of the bars. @defaultValue sky blue, orange, green and purple of the palette in turn */
  readonly color?: string
}

/** Options of {@link groupedBars}. */
export interface GroupedBarsOptions {
  /** What stands side by side in each category, all of one length. */
  readonly series: readonly BarSeries[]
}

const groupWidth = 0.78 // of the distance between categories
const colors = [linePalette.sky, linePalette.orange, linePalette.green, linePalette.purple]

/**
 * Bars over categories, one beside the other for each series: how often real and generated images are called each class. Category
 * i stands at i; name them by the `categories` of the panel's horizontal axis. Needs linear axes.
 *
 * @returns a layer for {@link panel}, which reads the arrays when it is drawn: change none before
 * @throws {RangeError} when there is no series or no category, series differ in length, or a value is not finite.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function groupedBars({ series }: GroupedBarsOptions): Layer {
  if (series.length === 0) throw new RangeError('series must hold at least one series; got none. Pass { values } for each.')
  const count = series[0].values.length
  if (count === 0) throw new RangeError('series[0].values must hold at least one value; got none. Pass one for each category.')
  const ends = series.flatMap(({ values, errors }, index) => {
    checkFinite(`series[${index}].values`, values)
    checkLength(`series[${index}].values`, values, count, 'one value for each category', 'Use 0 where there is none.')
    if (errors === undefined) return extentOf(values)
    checkFinite(`series[${index}].errors`, errors)
    checkLength(`series[${index}].errors`, errors, count, 'one value for each category', 'Use 0 where there is none.')
    return [...extentOf(values), ...extentOf(Array.from(values, (value, i) => value + errors[i])), ...extentOf(Array.from(values, (value, i) => value - errors[i]))]
  })
  const painted = series.map((one, index) => ({ ...one, color: one.color ?? colors[index % colors.length] }))
  return Object.freeze({
    extent: { x: [-0.5, count - 0.5] as const, y: [Math.min(0, ...ends), Math.max(0, ...ends)] as const },
    keys: painted.flatMap(({ label, color }) => (label === undefined ? [] : [{ label, swatch: 'area' as const, color, opacity: 0.85 }])),
    draw: (frame: Frame) => painted.map((one, index) => drawSeries(frame, one, index, painted.length)).join(''),
  })
}

function drawSeries(frame: Frame, { values, errors, color }: BarSeries, index: number, total: number): string {
  const width = groupWidth / total
  const base = frame.y(0)
  let [bars, marks] = ['', '']
  for (let i = 0; i < values.length; i++) {
    const from = i - groupWidth / 2 + index * width
    const [left, right, middle] = [frame.x(from), frame.x(from + width), frame.x(from + width / 2)]
    bars += `M${px(left)} ${px(base)}V${px(frame.y(values[i]))}H${px(right - (index < total - 1 ? 0.6 : 0))}V${px(base)}Z`
    if (errors !== undefined && errors[i] > 0) marks += `M${px(middle)} ${px(frame.y(values[i] - errors[i]))}V${px(frame.y(values[i] + errors[i]))}`
  }
  return element('path', { d: bars, fill: color, 'fill-opacity': 0.85 })
    + (marks === '' ? '' : element('path', { d: marks, stroke: theme.ink, 'stroke-width': 1.1, fill: 'none' }))
}
