import { type AttributeValue, element, px } from './svg'

/** The sign of where a line starts (circle) or ends (diamond). */
export function endMark(form: 'start' | 'end', x: number, y: number, look: Readonly<Record<string, AttributeValue>>): string {
  if (form === 'start') return element('circle', { cx: x, cy: y, r: 4.4, ...look })
  return element('path', { d: `M${px(x - 5.8)} ${px(y)}l5.8 -5.8l5.8 5.8l-5.8 5.8Z`, ...look })
}
