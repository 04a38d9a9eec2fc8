import { scaleLinear, scaleLog } from 'd3-scale'
import { checkFinite, checkInterval, checkOneOf } from './input-checks'
import { textWidth } from './text'
import { theme } from './theme'

/** Smallest and largest value of some data. */
export type Extent = readonly [number, number]

/** How one axis of a panel is scaled and labelled. */
export interface AxisOptions {
  /** What is measured, with its unit; `_{…}` and `^{…}` set sub- and superscripts. */
  readonly label?: string
  /** Equal distances for equal differences, or for equal ratios of positive values. @defaultValue 'linear' */
  readonly scale?: 'linear' | 'log'
  /** Ends of the axis; data outside are cut off. @defaultValue the extent of the data (a y axis: rounded outwards) */
  readonly domain?: Extent
  /** Where the ticks stand. @defaultValue round values, as many as the labels leave room for */
  readonly ticks?: readonly number[]
  /** Names of categories, which stand at 0, 1, 2, … in place of ticks and without grid lines; for a linear horizontal axis. @defaultValue none */
  readonly categories?: readonly string[]
}

/** A tick: its value, where it stands on the axis in pixels, and its label (empty for a minor tick). */
export interface Tick {
  readonly value: number
  readonly position: number
  readonly label: string
}

/** An axis with its length known: values to pixels, and ticks. */
export interface ResolvedAxis {
  readonly domain: Extent
  readonly ticks: readonly Tick[]
  /** Pixels from one category to the next, in which their names are wrapped; none on an axis of numbers. */
  readonly categoryStep?: number
  position(value: number): number
}

/** What {@link resolveAxis} needs beside the options. */
export interface AxisFrame {
  readonly kind: 'linear' | 'log'
  readonly domain: Extent
  /** Pixels from the low to the high end. */
  readonly length: number
  /** A vertical axis counts pixels from its top, so its high end is at 0. */
  readonly direction: 'horizontal' | 'vertical'
  readonly ticks?: readonly number[] | undefined
  readonly categories?: readonly string[] | undefined
}

const tickStyle = { size: theme.size.tick }
const labelGap = 10 // least space between two tick labels

/** @throws {RangeError} for an unknown scale, an empty or infinite domain, a log axis that reaches zero, or ticks that are not finite. */
export function checkAxis(name: string, axis: AxisOptions): void {
  if (axis.scale !== undefined) checkOneOf(`${name}.scale`, axis.scale, ['linear', 'log'])
  if (axis.domain !== undefined) {
    checkInterval(`${name}.domain`, axis.domain)
    if (axis.scale === 'log' && axis.domain[0] <= 0) {
      throw new RangeError(`${name}.domain of a log axis must be positive; got [${axis.domain.join(', ')}]. Raise its low end above 0.`)
    }
  }
  if (axis.ticks !== undefined) checkFinite(`${name}.ticks`, axis.ticks)
  if (axis.categories !== undefined && (name !== 'x' || axis.scale === 'log' || axis.categories.length === 0)) {
    throw new RangeError(
      `Categories need a linear horizontal axis and at least one name; got ${axis.categories.length} on a ${axis.scale ?? 'linear'} ${name} axis. Turn the panel.`,
    )
  }
}

/** The domain widened outwards to round values, with a little room past the data unless they end at zero. */
export function niceDomain(kind: 'linear' | 'log', [low, high]: Extent): Extent {
  if (kind === 'log') {
    const below = [5, 2, 1].map((digit) => digit * 10 ** Math.floor(Math.log10(low))).find((value) => value <= low)
    const above = [1, 2, 5, 10].map((digit) => digit * 10 ** Math.floor(Math.log10(high))).find((value) => value >= high)
    return [below ?? low, above ?? high]
  }
  const room = 0.03 * (high - low)
  const [first, last] = scaleLinear().domain([low === 0 ? 0 : low - room, high === 0 ? 0 : high + room]).nice(5).domain()
  return [low >= 0 ? Math.max(0, first) : first, high <= 0 ? Math.min(0, last) : last]
}

/** Places an axis: its scale from d3-scale, and as many round ticks as have room for their labels. */
export function resolveAxis(frame: AxisFrame): ResolvedAxis {
  const { kind, domain, length, direction } = frame
  const range = direction === 'horizontal' ? [0, length] : [length, 0]
  const scale = kind === 'log' ? scaleLog().domain(domain).range(range) : scaleLinear().domain(domain).range(range)
  const position = (value: number): number => scale(value)
  const place = (values: readonly { value: number; label: string }[]): Tick[] =>
    values.map(({ value, label }) => ({ value, label, position: position(value) }))
  if (frame.categories) {
    const named = frame.categories.map((label, value) => ({ value, label })).filter(({ value }) => value >= domain[0] && value <= domain[1])
    return { domain, position, ticks: place(named), categoryStep: Math.abs(position(1) - position(0)) }
  }
  if (frame.ticks) {
    const inside = frame.ticks.filter((value) => value >= domain[0] && value <= domain[1])
    const labels = tickLabels(inside)
    return { domain, position, ticks: place(inside.map((value, i) => ({ value, label: labels[i] }))) }
  }
  if (kind === 'log') return { domain, position, ticks: logTicks(domain, place, direction) }
  for (let count = Math.max(2, Math.floor(length / (direction === 'horizontal' ? 64 : 50))); count > 1; count--) {
    const values = scale.ticks(count)
    const labels = tickLabels(values)
    const ticks = place(values.map((value, i) => ({ value, label: labels[i] })))
    if (fits(ticks, direction)) return { domain, position, ticks }
  }
  const ends = [domain[0], domain[1]]
  return { domain, position, ticks: place(ends.map((value, i) => ({ value, label: tickLabels(ends)[i] }))) }
}

type Place = (values: readonly { value: number; label: string }[]) => Tick[]

/** Powers of ten labelled where there are at least two, else 1-2-5 steps; unlabelled ticks at the other digits. */
function logTicks([low, high]: Extent, place: Place, direction: AxisFrame['direction']): Tick[] {
  const decades: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) decades.push(power)
  const inside = (value: number): boolean => value >= low * (1 - 1e-12) && value <= high * (1 + 1e-12)
  const at = (digit: number, power: number): number => (power < 0 ? digit / 10 ** -power : digit * 10 ** power)
  const all = decades.flatMap((power) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => ({ digit, power, value: at(digit, power) })))
    .filter(({ value }) => inside(value))
  const powers = all.filter(({ digit }) => digit === 1).length
  const plain = all.every(({ power }) => power >= -3 && power <= 3)
  for (const digits of powers >= 3 ? [[1]] : [[1, 2, 5], [1, 3], [1]]) {
    for (let stride = 1; stride <= decades.length; stride++) {
      const labelled = place(all.map(({ digit, power, value }) => {
        const shown = digits.includes(digit) && (power - decades[0]) % stride === 0
        return { value, label: shown ? (plain ? plainNumber(value) : scientific(digit, power)) : '' }
      }))
      if (fits(labelled, direction)) return labelled
    }
  }
  return place(all.map(({ value }) => ({ value, label: '' })))
}

function fits(ticks: readonly Tick[], direction: AxisFrame['direction']): boolean {
  const labelled = ticks.filter(({ label }) => label !== '')
  return labelled.every((tick, i) => {
    const previous = labelled[i - 1]
    if (!previous) return true
    const needed = direction === 'vertical'
      ? theme.size.tick * 1.25
      : (textWidth(tick.label, tickStyle) + textWidth(previous.label, tickStyle)) / 2 + labelGap
    return Math.abs(tick.position - previous.position) >= needed
  })
}

/** Labels for the ticks of a linear axis: the same number of decimals for all, real minus signs, powers of ten where numbers are extreme. */
export function tickLabels(values: readonly number[]): string[] {
  const largest = Math.max(...values.map(Math.abs), 0)
  if (largest !== 0 && (largest < 1e-3 || largest >= 1e6)) {
    const power = Math.floor(Math.log10(largest) + 1e-9)
    const scaled = values.map((value) => (power < 0 ? value * 10 ** -power : value / 10 ** power))
    return tickLabels(scaled).map((label, i) => (values[i] === 0 ? '0' : `${label}·10${superscript(power)}`))
  }
  let decimals = 0
  while (decimals < 9 && values.some((value) => Math.abs(value - Number(value.toFixed(decimals))) > 1e-6 * largest)) decimals++
  return values.map((value) => plainNumber(Math.abs(value) <= 1e-9 * largest ? 0 : value, decimals))
}

function plainNumber(value: number, decimals?: number): string {
  const digits = decimals === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(decimals)
  const [whole, fraction] = digits.split('.')
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  return `${value < 0 ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`
}

function scientific(digit: number, power: number): string {
  return digit === 1 ? `10${superscript(power)}` : `${digit}·10${superscript(power)}`
}

function superscript(power: number): string {
  return `^{${power < 0 ? '−' : ''}${Math.abs(power)}}`
}
