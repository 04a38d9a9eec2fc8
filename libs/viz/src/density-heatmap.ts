import { colorBar } from './color-bar'
import type { ColorScale } from './color-scale'
import { edgesAround } from './density-columns'
import { type Cell, figure, type FigureRow } from './figure'
import { heatmap } from './heatmap'
import { checkIncreasing } from './input-checks'
import type { Layer } from './layer'
import { limit } from './limit'
import { line } from './line'
import { type NoteEntry, notes } from './notes'
import { panel } from './panel'
import { linePalette } from './theme'

/** One path x(t) drawn over the heat map, in the order of integration. */
export interface Trajectory {
  /** Its entry in the legend. */
  readonly label: string
  /** (points,), from the first time of the integration to the last, so falling for a reverse run. */
  readonly times: ArrayLike<number>
  /** The state x at those times, (points,). */
  readonly values: ArrayLike<number>
}

/** A distance to the exact marginal at each of the figure's times. */
export interface DistanceCurve {
  /** Its entry in the legend. */
  readonly label: string
  /** The distance at each of the figure's times, (columns,), in the unit that `labels.distance` names. */
  readonly values: ArrayLike<number>
  /** Its colour, so that a curve looks the same in every figure. @defaultValue one of the palette, by position */
  readonly color?: string
  /** Its dashes. @defaultValue by position */
  readonly dash?: 'solid' | 'dashed' | 'dotted'
}

/** Options of {@link densityHeatmap}. */
export interface DensityHeatmapOptions {
  /** Headline of the figure. */
  readonly title: string
  /** A sentence below the headline, such as the settings of the run. @defaultValue none */
  readonly subtitle?: string
  /** Small print below the panels, wrapped to the width. @defaultValue none */
  readonly note?: string
  /** Pixels of the whole figure. @defaultValue 1400 */
  readonly width?: number
  /** Pixels of the heat maps. @defaultValue 400 */
  readonly height?: number
  /** Times of the columns, (columns,), strictly increasing, whichever way the run went. */
  readonly times: ArrayLike<number>
  /** Borders of the bins of x, (bins + 1,), strictly increasing. */
  readonly edges: ArrayLike<number>
  /** Estimated density, (columns × bins,), column after column, each integrating to 1: see {@link densityColumns}. */
  readonly density: ArrayLike<number>
  /** Exact marginal density in the same cells. @defaultValue no second panel */
  readonly exact?: ArrayLike<number>
  /** The same scale for every figure that is to be compared. */
  readonly colors: ColorScale
  /** Which way the equation was integrated; time runs from left to right either way. */
  readonly direction: 'forward' | 'reverse'
  /** Paths drawn over the histogram, at most four, so that their colours can be told apart. @defaultValue none */
  readonly trajectories?: readonly Trajectory[]
  /** Curves in the panel below, at most four. @defaultValue no panel below */
  readonly distances?: readonly DistanceCurve[]
  /** A line that the distances are measured against. @defaultValue none */
  readonly distanceLimit?: {
    /** The distance at which the line stands, in the unit of the curves. */
    readonly at: number
    /** What the line means, as an entry in the legend. */
    readonly label: string
  }
  /** Numbers set beside the distances, below the exact marginal; shown only where there are both. @defaultValue none */
  readonly facts?: readonly NoteEntry[]
  /** Words that replace the English ones, such as for another language or another distance. */
  readonly labels?: DensityHeatmapLabels
}

/** The words of a {@link densityHeatmap}. */
export interface DensityHeatmapLabels {
  /** Title of the panel with the estimated density. @defaultValue 'histogram of the simulated points' */
  readonly density?: string
  /** Title of the panel with the exact density. @defaultValue 'exact marginal' */
  readonly exact?: string
  /** Label of all horizontal axes. @defaultValue 'time t' */
  readonly time?: string
  /** Label of the vertical axis of the heat maps. @defaultValue 'state x_{t}' */
  readonly state?: string
  /** Label of the colour bar. @defaultValue 'probability density' */
  readonly colors?: string
  /** Label of the vertical axis of the curves, with their unit. @defaultValue 'Wasserstein-1 distance' */
  readonly distance?: string
  /** Words at the arrow above the histogram. @defaultValue 'forward in time' or 'backward in time', after the direction */
  readonly direction?: string
}

const halo = '#0b0b14'
const trajectoryColors = ['#ffffff', '#5ce1ff', '#b6f56a', '#ffd166'] as const
const distanceStyles = [
  { color: linePalette.blue, dash: 'solid' }, { color: linePalette.green, dash: 'dashed' },
  { color: linePalette.purple, dash: 'dotted' }, { color: linePalette.orange, dash: 'solid' },
] as const

/** Draws nothing, but keeps zero inside the axis: a distance is read against it. */
const zeroLine: Layer = { extent: { y: [0, 0] }, keys: [], draw: () => '' }

/**
 * The whole picture of a simulated density over time: histogram of x_t with trajectories and an arrow for the direction,
 * the exact marginal beside it in the same colours, a colour bar, and a distance between the two below.
 *
 * @returns the SVG document as text; the same options give the same bytes.
 * @throws {RangeError} when times or edges do not increase, an array does not fit them, a value is not finite, or there
 * are more than four trajectories or distances.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function densityHeatmap(options: DensityHeatmapOptions): string {
  const { times, edges, density, exact, colors, direction, trajectories = [], distances = [], labels = {} } = options
  checkIncreasing('times', times)
  for (const [name, list] of [['trajectories', trajectories], ['distances', distances]] as const) {
    if (list.length > 4) throw new RangeError(`${name} must be at most 4, to be told apart; got ${list.length}. Choose some, or compose a figure() yourself.`)
  }
  const columnEdges = edgesAround(times)
  const time = { label: labels.time ?? 'time t', domain: [times[0], times[times.length - 1]] as const }
  const state = { label: labels.state ?? 'state x_{t}', domain: [edges[0], edges[edges.length - 1]] as const }
  const paths = trajectories.map((path, i) => line({
    x: path.times, y: path.values, label: path.label, color: trajectoryColors[i], width: 1.2, halo, ends: 'marked',
  }))
  const simulated = panel({
    title: labels.density ?? 'histogram of the simulated points',
    x: time, y: state,
    layers: [heatmap({ xEdges: columnEdges, yEdges: edges, values: density, colors }), ...paths],
    arrow: direction === 'forward'
      ? { towards: 'right', label: labels.direction ?? 'forward in time' }
      : { towards: 'left', label: labels.direction ?? 'backward in time' },
  })
  const reference: Cell[] = exact === undefined ? [] : [panel({
    title: labels.exact ?? 'exact marginal', x: time, y: state,
    layers: [heatmap({ xEdges: columnEdges, yEdges: edges, values: exact, colors })],
  })]
  const top: FigureRow = { height: options.height ?? 400, cells: [simulated, ...reference, colorBar({ colors, label: labels.colors ?? 'probability density' })] }
  const rows = distances.length === 0 ? [top] : [top, distanceRow(options, time, reference.length > 0)]
  return figure({
    title: options.title,
    width: options.width ?? 1400,
    ...(options.subtitle === undefined ? {} : { subtitle: options.subtitle }),
    ...(options.note === undefined ? {} : { note: options.note }),
    columns: reference.length > 0 ? [2.1, 1, 1] : [1, 1],
    rows, shareY: 'row',
  })
}

function distanceRow(options: DensityHeatmapOptions, time: { label: string; domain: readonly [number, number] }, beside: boolean): FigureRow {
  const { times, distances = [], distanceLimit, facts = [], labels = {} } = options
  const curves: Layer[] = distances.map(({ values, ...style }, i) => line({ x: times, y: values, ...distanceStyles[i], ...style, width: 1.5 }))
  const limits = distanceLimit ? [limit({ ...distanceLimit, labelled: 'legend' })] : []
  const below = panel({
    x: time, y: { label: labels.distance ?? 'Wasserstein-1 distance' }, layers: [zeroLine, ...curves, ...limits],
  })
  const cells: Cell[] = [below]
  if (beside && facts.length > 0) cells.push(notes(facts))
  return { height: 150, cells }
}
