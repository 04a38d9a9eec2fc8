import { parseArgs } from 'node:util'

/** One or more whole numbers, such as 128,512. */
export const readWholeNumbers = (option, text) => {
  const numbers = text.split(',').map(Number)
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers
  throw new Error(`--${option} must be whole numbers from 1, separated by commas; got '${text}'.`)
}
const wholeNumber = (option, text) => {
  const [number, ...more] = readWholeNumbers(option, text)
  if (more.length === 0) return number
  throw new Error(`--${option} must be one whole number from 1; got '${text}'.`)
}

/**
 * Reads the command line, or ends the program with the reason and exit code 2.
 *
 * @template Read
 * @param {() => Read} read
 */
export function orRefuse(read) {
  try {
    return read()
  } catch (error) {
    console.error(`error: ${error.message}`)
    return process.exit(2)
  }
}

/** A network as WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2. */
export function readNetwork(text) {
  const [width = '', multipliers = '', blocks = '', ...more] = text.split(':')
  if (more.length > 0 || blocks === '') throw new Error(`--network must be WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2; got '${text}'.`)
  return { baseWidth: wholeNumber('network', width), multipliers: readWholeNumbers('network', multipliers), blocksPerLevel: wholeNumber('network', blocks) }
}

/**
 * Reads the words behind the command; every default is what a card is measured with.
 *
 * @param {readonly string[]} argv
 * @throws {Error} naming the option, the rule and what was given.
 */
export function readCommandLine(argv) {
  const text = (value) => ({ type: 'string', default: value })
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'network': text('32:1,2,2:2'), // that of the profile full
      'batches': text('128,512'),
      'sampling-batches': text('64,512'),
      'rounds': text('7'),
      'steps': text('5'),
      'to': text('outputs/gpu-benchmark.json'),
      'twin': { type: 'string' },
      'allow-software-adapter': { type: 'boolean', default: false },
      'worker': { type: 'string' }, // given by the program to its own processes
    },
  })
  return {
    network: readNetwork(values.network),
    batches: { training: readWholeNumbers('batches', values.batches), sampling: readWholeNumbers('sampling-batches', values['sampling-batches']) },
    rounds: wholeNumber('rounds', values.rounds),
    steps: wholeNumber('steps', values.steps),
    to: values.to,
    twin: values.twin,
    allowSoftwareAdapter: values['allow-software-adapter'],
    worker: values.worker,
  }
}
