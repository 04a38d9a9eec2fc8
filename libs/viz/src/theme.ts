/** The look of every figure: ink on white, thin lines, one type family in a few sizes (pixels at scale 1). */
export const theme = {
  background: '#ffffff',
  ink: '#1f2430',
  softInk: '#565d6b',
  axis: '#4a515e',
  grid: '#e7e9ed',
  /** Inter is what the PNG is set in; a browser without it takes the next (narrower or equal) family. */
  fontFamily: "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif",
  size: { title: 21, subtitle: 14, panelTitle: 14, axisLabel: 13, tick: 12, legend: 12.5, note: 12 },
  /** Multiple of the font size from one baseline to the next. */
  leading: 1.36,
} as const

/**
 * Line colours that stay apart for colour-blind readers and in grey print (Okabe and Ito's set, without its yellow).
 * Layers do not take them by themselves: give each line the colour it should keep in every panel.
 */
export const linePalette = {
  /** For the first or main curve of a panel; the default of bands. */
  blue: '#0072b2',
  /** The default of limits; keep it for them where a panel has some. */
  vermillion: '#d55e00',
  /** A bluish green, to stand beside blue and vermillion. */
  green: '#009e73',
  /** Okabe and Ito's reddish purple, darkened so that thin lines keep their contrast on white. */
  purple: '#b2568f',
  /** Light: for wide lines and areas rather than thin lines. */
  orange: '#e69f00',
  /** Light blue for areas; the default of bars. */
  sky: '#56b4e9',
  /** The ink of all text and the default of lines, for exact or reference curves. */
  black: '#1f2430',
} as const
