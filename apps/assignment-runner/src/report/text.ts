/** Text made safe for HTML, attributes included. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A number's text with a minus sign in place of the hyphen. */
export const minus = (number: string): string => number.replace(/-(?=[\d.I])/g, '−')

/** Indices and exponents that a plain text writes as x_0, ᾱ_(i−1) and e^(−B(t)/2), set as such; of text that is safe for HTML already. */
export const typesetLetters = (text: string): string =>
  text
    .replace(/(?<![\p{L}\p{N}_])(\p{L}\p{M}*)_(?:\(([^()]*)\)|(\p{L}|\p{N}+)(?![\p{L}\p{N}_]))/gu, (_, letter: string, inBrackets: string | undefined, bare: string | undefined) => `<var>${letter}</var><sub>${inBrackets ?? bare ?? ''}</sub>`)
    .replace(/\^\(((?:[^()]|\([^()]*\))*)\)/g, '<sup>$1</sup>')
