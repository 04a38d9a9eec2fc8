import { renderPng } from '@sbgm/viz/png'
import { breather } from './breather'
import type { PartContext } from './part'

/** A drawn figure. */
export interface DrawnFigure {
  /** File name without its ending. */
  readonly name: string
  /** What it shows, for the text beside it. */
  readonly caption: string
  /** The whole document. */
  readonly svg: string
}

/** Writes figures as SVG and PNG. @throws the signal's reason when the run is interrupted */
export async function writeFigures(figures: readonly DrawnFigure[], { folder, signal, progress }: Pick<PartContext, 'folder' | 'signal' | 'progress'>): Promise<void> {
  const stage = progress.stage('figures', figures.length)
  const breathe = breather(0)
  for (const [i, figure] of figures.entries()) {
    await breathe()
    signal.throwIfAborted()
    await writeFigure(figure, folder)
    stage.advance(i + 1)
  }
  stage.end()
}

/** Writes one figure as SVG and PNG. */
export async function writeFigure({ name, svg }: DrawnFigure, folder: PartContext['folder']): Promise<void> {
  folder.write(`${name}.svg`, svg)
  folder.write(`${name}.png`, await renderPng(svg, { scale: 1.5 }))
}

/** Figures of this name as Markdown images. */
export const figureMarkdown = (figures: readonly DrawnFigure[], name: string): string =>
  figures.filter((figure) => figure.name === name).map(({ caption }) => `![${caption}](${name}.png)`).join('')
