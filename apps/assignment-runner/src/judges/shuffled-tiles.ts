import { valuesPerImage, type ImageSize } from './image-size'

/**
 * An image with its tiles in another order: tiles × tiles pieces of ⌊height / tiles⌋ × ⌊width / tiles⌋ pixels from the upper
 * left; rows and columns left over stay where they are (28 pixels in thirds are 9 + 9 + 9 and one that stays).
 *
 * @param image - of the given size; borrowed
 * @param tiles - pieces per edge
 * @param pick - in (0, 1): chooses one of the (tiles²)! − 1 orders that move something, all equally likely
 * @returns a new image
 */
export function shuffledTiles(image: Float32Array, size: ImageSize, tiles: number, pick: number): Float32Array {
  const { width, channels } = size
  const [rows, columns] = [Math.floor(size.height / tiles), Math.floor(width / tiles)]
  const shuffled = image.slice(0, valuesPerImage(size))
  orderOf(tiles * tiles, pick).forEach((from, to) => {
    const corner = (tile: number) => (Math.floor(tile / tiles) * rows * width + (tile % tiles) * columns) * channels
    for (let row = 0; row < rows; row++) {
      const [source, target] = [from, to].map((tile) => corner(tile) + row * width * channels)
      shuffled.set(image.subarray(source, source + columns * channels), target)
    }
  })
  return shuffled
}

/** A permutation of 0 … count − 1 that is not the identity: the one whose place in lexicographic order a uniform number gives. */
function orderOf(count: number, pick: number): number[] {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  let rank = 1 + Math.min(factorial(count) - 2, Math.floor(pick * (factorial(count) - 1)))
  const left = Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: count }, (_, place) => {
    const block = factorial(count - 1 - place)
    const index = Math.floor(rank / block)
    rank -= index * block
    return left.splice(index, 1)[0]
  })
}
