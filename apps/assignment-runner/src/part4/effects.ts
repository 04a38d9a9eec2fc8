import { shortNumber } from '../bar'
import type { ClassMeasures, GammaMeasures, RealMeasures } from './measure'

/** What γ does, as the measures of a run say it. */
export interface GuidanceEffects {
  /** One sentence. */
  readonly short: string
  /** A paragraph for each thing that was measured. */
  readonly paragraphs: readonly string[]
}

/** What {@link guidanceEffects} is told. */
export interface EffectsInput {
  /** By ascending γ: the first is 0, and there is at least one more. */
  readonly rows: readonly GammaMeasures[]
  /** The same of real test images of the class. */
  readonly real: RealMeasures
  /** What the class is called, such as `class 5`. */
  readonly title: string
}

/**
 * What γ does, in sentences that the numbers choose: none is said that this run does not bear out. Two shares, or two mean distances,
 * count as different where they are more than two standard errors of their difference apart, as if the images were drawn independently;
 * they begin with the same noise, so that is on the safe side.
 */
export function guidanceEffects(input: EffectsInput): GuidanceEffects {
  return { short: inShort(input), paragraphs: [obedience, agreement, spoiling, diversity, distance].map((paragraph) => paragraph(input)) }
}

/** Which way a number goes; `same` where the difference may be chance. */
type Change = 'up' | 'down' | 'same'

/** From one share to another. The variance of k of n is that of (k + 1)/(n + 2), so that 0 and all have one, too. */
function changeOfShare(from: ClassMeasures, to: ClassMeasures, share: (row: ClassMeasures) => number): Change {
  const variance = (row: ClassMeasures) => {
    const p = (share(row) * row.count + 1) / (row.count + 2)
    return (p * (1 - p)) / row.count
  }
  return change(share(to) - share(from), Math.sqrt(variance(from) + variance(to)))
}

const changeOfDiversity = (from: ClassMeasures, to: ClassMeasures): Change =>
  change(to.diversity.mean - from.diversity.mean, Math.hypot(from.diversity.meanError, to.diversity.meanError))

function change(difference: number, error: number): Change {
  if (!(Math.abs(difference) > 2 * error)) return 'same' // NaN, too
  return difference > 0 ? 'up' : 'down'
}

const judged = ({ judge }: ClassMeasures) => judge
const ofAnyClass = ({ anyClass }: ClassMeasures) => anyClass

const percent = (share: number) => `${shortNumber(Math.round(1000 * share) / 10)} %`
const number = (value: number) => String(Number(value.toPrecision(3)))
const at = ({ gamma }: GammaMeasures) => `γ = ${gamma}`
const ends = ({ rows }: EffectsInput) => ({ none: rows[0], least: rows[1], most: rows[rows.length - 1] })
const extreme = (rows: readonly GammaMeasures[], value: (row: GammaMeasures) => number): GammaMeasures =>
  rows.reduce((best, row) => (value(row) > value(best) ? row : best))

function inShort(input: EffectsInput): string {
  const { none, least, most } = ends(input)
  const class_ = input.title
  const obeys = changeOfShare(none, most, judged)
  const shares = `${percent(none.judge)} without guidance, ${percent(most.judge)} at ${at(most)}`
  const first = {
    up: `guidance makes more of the images ${class_} (${shares})`,
    down: `guidance makes fewer of the images ${class_} (${shares}), the opposite of what it is for`,
    same: `guidance makes no difference that is clear from chance to how many images are ${class_} (${shares})`,
  }[obeys]
  const varied = least === most ? 'same' : changeOfDiversity(least, most)
  const spoilt = changeOfShare(none, most, ofAnyClass)
  const rest = [
    ...(varied === 'same' ? [] : [`they are ${varied === 'down' ? 'more alike' : 'more varied'} at ${at(most)} than at ${at(least)}`]),
    ...(spoilt === 'same' ? [] : [spoilt === 'down' ? 'fewer of them are clearly an image of some class' : 'more of them are clearly an image of some class']),
  ]
  return `In short: ${[first, ...rest].join('; ')}.`
}

/** How many images are of the class, and from which γ on no more is gained. */
function obedience(input: EffectsInput): string {
  const { rows, title } = input
  const { none, most } = ends(input)
  const best = extreme(rows, judged)
  const said = `**Is it obeyed?** Of the ${none.count} images without guidance the independent classifier calls ${percent(none.judge)} ${title}, of those at ${at(most)} ${percent(most.judge)}.`
  const overall = changeOfShare(none, most, judged)
  if (overall === 'same') return `${said} That is no difference that is clear from chance.`
  if (overall === 'down') return `${said} So guidance leads away from the class.`
  if (changeOfShare(best, most, judged) === 'down') return `${said} The most are ${percent(best.judge)}, at ${at(best)}: beyond it the share falls.`
  const level = rows.findIndex((_, i) => rows.slice(i).every((row) => changeOfShare(row, best, judged) === 'same'))
  if (rows[level] !== most) return `${said} From ${at(rows[level])} on (${percent(rows[level].judge)}) no share is clearly below the largest.`
  const before = rows[level - 1]
  return `${said} At ${at(before)} before it they are clearly fewer, ${percent(before.judge)}.`
}

/** Whether the classifier that guides and the independent one believe the same. */
function agreement({ rows }: EffectsInput): string {
  const guided = rows.filter(({ gamma }) => gamma > 0)
  const widest = extreme(guided, ({ guide, judge }) => Math.abs(guide - judge))
  const { guide, judge } = widest
  const said = '**Who says so?** The classifier that guides and the independent one'
  if (guide === judge) return `${said} find the same share at each γ above 0.`
  const apart = `differ the most at ${at(widest)}: ${percent(guide)} and ${percent(judge)}`
  const asJudge: ClassMeasures = { ...widest, judge: guide }
  const clear = changeOfShare(widest, asJudge, judged)
  if (clear === 'same') return `${said} ${apart}, which is not clear from chance: what convinces the one convinces the other.`
  return clear === 'up'
    ? `${said} ${apart}. So some of what guidance does convinces only the network that asks for it.`
    : `${said} ${apart}. So the images are better than the network that asks for them knows.`
}

/** Whether the images are still images of some class. */
function spoiling(input: EffectsInput): string {
  const { rows, real } = input
  const { none, most } = ends(input)
  const said = `**Are they still images of a class?** The network that knows "none of them" is sure of some class for ${percent(none.anyClass)} of the images without guidance, for ${percent(most.anyClass)} at ${at(most)}, and for ${percent(real.anyClass)} of real ones.`
  const verdict = {
    up: 'So guidance brings out images that are clearer than those of the model alone',
    down: 'So guidance spoils images',
    same: 'Between the first two there is no difference that is clear from chance',
  }[changeOfShare(none, most, ofAnyClass)]
  const worst = extreme(rows.filter(({ gamma }) => gamma > 0), ({ anyClass }) => -anyClass)
  const dips = worst !== most && changeOfShare(worst, most, ofAnyClass) === 'up' && changeOfShare(worst, none, ofAnyClass) === 'up'
  return `${said} ${verdict}${dips ? `; the fewest are ${percent(worst.anyClass)}, at ${at(worst)}` : ''}.`
}

/** How varied the images are. */
function diversity(input: EffectsInput): string {
  const { real } = input
  const { none, least, most } = ends(input)
  const classes = none.histogram.filter((images) => images > 0).length
  const mixed = classes === 1 ? '' : `, where ${classes} classes are mixed,`
  const apart = (row: ClassMeasures) => `${number(row.diversity.mean)} ± ${number(row.diversity.meanError)}`
  const said = `**How varied are they?** Two images at γ = 0${mixed} are ${apart(none)} apart on average, in the features of the independent classifier; two real ones are ${apart(real)} apart.`
  const course = {
    down: `From ${at(least)} to ${at(most)} it falls from ${apart(least)} to ${apart(most)}${changeOfShare(least, most, judged) === 'up' ? ', the price of the images that a larger γ gains for the class' : ''}.`,
    up: `From ${at(least)} to ${at(most)} it grows from ${apart(least)} to ${apart(most)}.`,
    same: `From ${at(least)} (${apart(least)}) to ${at(most)} (${apart(most)}) it does not clearly change.`,
  }
  const against = {
    down: `At ${at(most)} the images are more alike than real ones are.`,
    up: `At ${at(most)} the images differ more than real ones do.`,
    same: `At ${at(most)} they are about as varied as real ones.`,
  }[changeOfDiversity(real, most)]
  return `${said} ${least === most ? `At ${at(most)} it is ${apart(most)}.` : course[changeOfDiversity(least, most)]} ${against}`
}

/** What the Fréchet distance of real images is, as one has to take it: of as many images. */
function sets({ frechetSets: { sets, size, mean, std } }: RealMeasures): string {
  if (std === undefined) return `${size} real test images have ${number(mean)}`
  return `sets of ${size} real test images have ${number(mean)} on average, with a standard deviation of ${number(std)} over ${sets} sets`
}

/** How far from the real images of the class. */
function distance(input: EffectsInput): string {
  const { rows, real, title } = input
  const { none, most } = ends(input)
  const nearest = extreme(rows, ({ frechet }) => -frechet)
  const said = `**How near to real ones?** The Fréchet distance to the training images of ${title} is ${number(none.frechet)} without guidance and the smallest at ${at(nearest)}, ${number(nearest.frechet)}; ${sets(real)}.`
  const same = (row: GammaMeasures) => number(row.frechet) === number(nearest.frechet)
  if (same(none)) return `${said} So no γ brought the images nearer to the class's.`
  return same(most)
    ? `${said} No larger γ than ${most.gamma} was tried.`
    : `${said} Beyond it more guidance leads away again, to ${number(most.frechet)} at ${at(most)}.`
}
