/** A duration as people say it: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** How far a stage is. */
export interface StageState {
  readonly done: number
  readonly total: number
  /** Steps that an earlier run had done. @defaultValue 0 */
  readonly skipped?: number
  /** Since its start, or since the last of those was skipped. */
  readonly seconds: number
}

/** How fast a stage goes and what is left of it: `380/s, about 9.2 s left`; empty before anything is known. */
export function paceText({ done, total, skipped = 0, seconds }: StageState): string {
  if (done <= skipped || seconds <= 0) return ''
  const rate = (done - skipped) / seconds
  const left = Math.max(0, total - done) / rate
  return `${rateText(rate)}, about ${durationText(left)} left`
}

/** Steps per second, or per minute where that is a rounder number. */
export function rateText(perSecond: number): string {
  if (perSecond < 0.1) return `${(perSecond * 60).toPrecision(2)}/min`
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`
}
